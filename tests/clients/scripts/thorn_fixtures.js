// What users of thorn do: fixtures made in bulk and linked, calls as a user, everything cleaned up at the end.
'use strict';

require('babel-polyfill');
const http = require('http');
const { Agent, Fixtures } = require('@sugarcrm/thorn');

const MetadataHandler = require('@sugarcrm/thorn/dist/metadata-handler');

const URL_ = process.env.THORN_SERVER_URL;
const seen = {};

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

async function read(agent, module, filter) {
  const records = {};
  for (let offset = 0; offset >= 0;) {
    const given = { max_num: 60, offset, filter, order_by: 'date_modified:ASC,id:ASC', fields: 'name,date_modified' };
    const page = (await agent.post(`${module}/filter`, given)).response.body;
    page.records.forEach((one) => { records[one.id] = one; });
    offset = page.next_offset;
  }
  return records;
}

const names = (records) => Object.fromEntries(Object.values(records).map((one) => [one.id, one.name]));

describe('thorn', function () {
  this.timeout(60000);
  let admin;

  before(async () => {
    // It reads the metadata under a login of its own, which would end one that the same user has on the same platform.
    await MetadataHandler.getRequiredFields('Accounts');
    admin = Agent.as(Agent.ADMIN);
  });
  after(() => process.on('exit', () => process.stdout.write(`\n${JSON.stringify(seen)}\n`)));

  it('describes and reads everything page by page', async () => {
    const told = (await admin.get('metadata?type_filter=full_module_list')).response.body;
    seen.modules = Object.keys(told.full_module_list);
    const records = await read(admin, 'Accounts', []);
    seen.before = names(records);
    seen.last = Object.values(records).pop().date_modified;
  });

  it('reads what changed', async () => {
    await control('clock', { offset_seconds: 100 });
    const person = await control('edit', { action: 'create', object: 'Accounts', values: { name: 'Made by a person' } });
    seen.since = Object.keys(await read(admin, 'Accounts', [{ date_modified: { $gt: seen.last } }]));
    seen.expected_since = [person.id];
  });

  it('makes fixtures in bulk and links them', async () => {
    const account = { module: 'Accounts', attributes: { name: 'Thorn' } };
    const contacts = [1, 2, 3].map((n) => ({ module: 'Contacts', attributes: { first_name: `No${n}` }, links: { accounts: [account] } }));
    const opportunity = { module: 'Opportunities', attributes: { name: 'Deal' }, links: { accounts: [account] } };
    const made = await Fixtures.create([account, ...contacts, opportunity]);
    seen.made = [made.Accounts.length, made.Contacts.length, made.Opportunities.length];
    const id = Fixtures.lookup('Accounts', { name: 'Thorn' }).id;
    seen.linked = (await admin.get(`Accounts/${id}/link/contacts`)).response.body.records.length;
    seen.deals = (await admin.get(`Accounts/${id}/link/opportunities`)).response.body.records.map((one) => one.name);
  });

  it('creates, updates, upserts and deletes', async () => {
    const made = (await admin.post('Accounts', { name: 'By an agent' })).response.body;
    const changed = (await admin.put(`Accounts/${made.id}`, { industry: 'Banking' })).response.body;
    seen.changed = [made.id, changed.industry];
    seen.upserts = [];
    for (const name of ['First', 'Second']) {
      // thorn takes no answer but 200 for a success, so the first upsert (201) comes back as what it throws.
      const answer = await admin.put('Accounts/sync_key/T-1', { name }).catch((thrown) => thrown);
      seen.upserts.push([answer.response.statusCode, answer.response.body.record]);
    }
    const doomed = (await admin.post('Accounts', { name: 'Brief' })).response.body.id;
    seen.deleted = (await admin.delete(`Accounts/${doomed}`)).response.body.id === doomed;
    seen.gone = doomed;
  });

  it('logs in as a user that it made', async () => {
    const user = { module: 'Users', attributes: { user_name: 'jane', last_name: 'Doe', user_hash: 'secret' } };
    await Fixtures.create(user);
    const jane = Agent.as('jane');
    const me = (await jane.get('me')).response.body.current_user;
    const lead = (await jane.post('Leads', { last_name: 'Hers' })).response.body;
    seen.jane = [me.user_name.startsWith('jane'), lead.created_by === me.id, lead.created_by_name];
    await admin.delete(`Leads/${lead.id}`);
  });

  it('goes on after its token has ended', async () => {
    await control('sessions', { expire: true });
    seen.renewed = (await admin.get('me')).response.body.current_user.user_name;
  });

  it('cleans up', async () => {
    seen.cleaned = (await Fixtures.cleanup()).response.body.map((one) => one.status);
    seen.after = names(await read(Agent.as(Agent.ADMIN), 'Accounts', []));
  });
});
