// What users of jsforce do: each way to log in, describe, read with autoFetch, write one by one, in collections and in bulk.
'use strict';

const http = require('http');
const jsforce = require('jsforce');

const [URL_, USER, PASSWORD, CLIENT, SECRET] = process.argv.slice(2);
const KEY = 'CENTRI_PRM_Id__c';
const version = '62.0';
const oauth2 = { loginUrl: URL_, clientId: CLIENT, clientSecret: SECRET };

function control(path, given) {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
    const asked = http.request(`${URL_}/__sandbox__/${path}`, options, (answer) => {
      let text = '';
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => resolve(JSON.parse(text)));
    });
    asked.on('error', reject);
    asked.end(JSON.stringify(given));
  });
}

async function names(conn, where = '') {
  const soql = `SELECT Id, Name FROM Account ${where} ORDER BY SystemModstamp, Id`;
  const rows = await conn.query(soql, { autoFetch: true, maxFetch: 100000 });
  return Object.fromEntries(rows.records.map((one) => [one.Id, one.Name]));
}

const refused = (promise) => promise.then(() => '', (error) => error.errorCode || error.name);

async function main() {
  const seen = {};
  const soap = new jsforce.Connection({ loginUrl: URL_, version });
  seen.user = (await soap.login(USER, PASSWORD)).id;
  const failed = new jsforce.Connection({ loginUrl: URL_, version }).login(USER, 'wrong');
  seen.wrong = await failed.then(() => '', (error) => error.message.split(':')[0]);
  const password = new jsforce.Connection({ oauth2, version });
  seen.person = (await password.login(USER, PASSWORD)).id;
  const machine = new jsforce.Connection({ oauth2, instanceUrl: URL_, version });
  await machine.authorize({ grant_type: 'client_credentials' });
  const conn = new jsforce.Connection({ instanceUrl: URL_, accessToken: machine.accessToken, version });
  seen.identity = (await conn.identity()).username;
  seen.versions = Object.keys(await conn.request('/services/data/v62.0/')).length > 3;

  seen.objects = (await conn.describeGlobal()).sobjects.map((one) => one.name);
  const described = await conn.sobject('Account').describe();
  seen.fields = described.fields.map((one) => one.name);
  seen.before = await names(conn);
  const streamed = {};
  await new Promise((resolve, reject) => {
    conn.query('SELECT Id, Name FROM Account').on('record', (one) => { streamed[one.Id] = one.Name; })
      .on('end', resolve).on('error', reject).run({ autoFetch: true, maxFetch: 100000 });
  });
  seen.streamed = streamed;
  const newest = await conn.query('SELECT SystemModstamp FROM Account ORDER BY SystemModstamp DESC LIMIT 1');
  await control('clock', { offset_seconds: 100 });
  seen.changed = Object.keys(seen.before).sort()[7];
  await control('edit', { action: 'update', object: 'Account', id: seen.changed, values: { Phone: '+49 1' } });
  seen.since = Object.keys(await names(conn, `WHERE SystemModstamp > ${newest.records[0].SystemModstamp}`));
  seen.found = (await conn.sobject('Account').find({ Name: { $like: 'Row 000%' } }, 'Id, Name').limit(5)).length;

  const made = await conn.sobject('Account').create({ Name: 'Made', [KEY]: 'K-1' });
  seen.made = made.id;
  seen.updated = (await conn.sobject('Account').update({ Id: made.id, Phone: '+49 2' })).success;
  const upserted = await conn.sobject('Account').upsert({ Name: 'Upserted', [KEY]: 'K-1' }, KEY);
  seen.upserted = upserted.success;
  seen.retrieved = (await conn.sobject('Account').retrieve(made.id)).Name;
  const several = await conn.sobject('Account').create([{ Name: 'C1' }, { Name: '' }, { Name: 'C3' }], { allOrNone: false });
  seen.several = several.map((one) => one.success);
  const ids = several.filter((one) => one.success).map((one) => one.id);
  seen.many = (await conn.sobject('Account').retrieve(ids)).map((one) => one.Name);
  seen.collected = (await conn.sobject('Account').update(ids.map((Id) => ({ Id, Phone: '3' })))).map((one) => one.success);
  const keyed = [1, 2].map((n) => ({ Name: `Keyed ${n}`, [KEY]: `K-${n}` }));
  seen.keyed = (await conn.sobject('Account').upsert(keyed, KEY)).map((one) => [one.success, one.created]);
  seen.destroyed = (await conn.sobject('Account').destroy(ids)).map((one) => one.success);
  seen.gone = ids;
  seen.all = (await conn.query(`SELECT Id FROM Account WHERE Id = '${ids[0]}'`, { scanAll: true })).totalSize;
  seen.refusals = [
    await refused(conn.sobject('Account').retrieve(ids[0])),
    await refused(conn.sobject('Account').create({ Phone: '1' })),
    await refused(conn.query('SELECT Colour FROM Account')),
    await refused(conn.query('SELECT FROM Account')),
  ];
  await control('clock', { offset_seconds: 400 });
  const start = new Date(Date.now() - 86400000).toISOString();
  const end = new Date(Date.now() + 390000).toISOString();
  seen.told = (await conn.sobject('Account').updated(start, end)).ids;
  seen.lost = (await conn.sobject('Account').deleted(start, end)).deletedRecords.map((one) => one.id);
  seen.limits = Object.keys(await conn.limits()).includes('DailyApiRequests');
  seen.usage = conn.limitInfo.apiUsage.used > 10;

  conn.bulk2.pollInterval = 20;
  const rows = Array.from({ length: 120 }, (_, n) => ({ Name: `Bulk ${n}`, [KEY]: `B-${n}` }));
  const load = await conn.bulk2.loadAndWaitForResults({ object: 'Account', operation: 'insert', input: rows, pollInterval: 20 });
  seen.loaded = [load.successfulResults.length, load.failedResults.length, load.unprocessedRecords.length];
  const more = [{ Name: 'Bulk again', [KEY]: 'B-1' }, { Name: '', [KEY]: 'B-999' }];
  const upsert = { object: 'Account', operation: 'upsert', externalIdFieldName: KEY, input: more, pollInterval: 20 };
  const patched = await conn.bulk2.loadAndWaitForResults(upsert);
  seen.bulkUpserted = [patched.successfulResults.length, patched.failedResults.length];
  const query = await conn.bulk2.query(`SELECT Id, Name FROM Account WHERE ${KEY} LIKE 'B-%'`);
  seen.bulkQueried = (await query.toArray()).length;
  const job = conn.bulk.createJob('Account', 'insert');
  const batch = job.createBatch();
  batch.on('queue', () => batch.poll(20, 20000));
  const done = new Promise((resolve, reject) => { batch.on('response', resolve).on('error', reject); });
  batch.execute(rows.slice(0, 7).map((one) => ({ Name: `Old ${one.Name}` })));
  seen.oldBulk = (await done).filter((one) => one.success).length;
  await job.close();

  const refresh = { refreshToken: process.env.REFRESH_TOKEN, accessToken: machine.accessToken };
  const lasting = new jsforce.Connection({ oauth2, instanceUrl: URL_, version, ...refresh });
  let renewed = 0;
  lasting.on('refresh', () => { renewed += 1; });
  await control('sessions', { expire: true });
  seen.ended = await refused(conn.query('SELECT Id FROM Account LIMIT 1'));
  seen.after = await names(lasting);
  seen.renewed = renewed;
  process.stdout.write(`\n${JSON.stringify(seen)}\n`);
}

main().catch((error) => { process.stderr.write(`${error.stack}\n`); process.exit(1); });
