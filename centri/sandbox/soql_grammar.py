"""The grammar of SOQL, as far as the sandbox reads it, in Lark's notation."""

GRAMMAR = r"""
start: query
query: SELECT columns FROM path [NAME] [where] [grouping] [having] [order] [limit] [offset] [purpose]

columns: COUNT "(" ")"                 -> count
       | column ("," column)*
?column: field [NAME]                  -> plain
       | aggregate [NAME]              -> computed
       | FIELDS "(" NAME ")"           -> all_fields
       | "(" query ")"                 -> children
       | TYPEOF path when+ [otherwise] END -> by_type
when: WHEN NAME THEN path ("," path)*
otherwise: ELSE path ("," path)*
aggregate: AGGREGATE "(" path ")"
path: NAME ("." NAME)*
?field: path
      | DATE_PART "(" path ")"        -> date_part

where: WHERE condition
having: HAVING condition
grouping: GROUP BY field ("," field)*
limit: LIMIT WHOLE
offset: OFFSET WHOLE
purpose: FOR NAME

?condition: one | every | any
every: one (AND one)+
any: one (OR one)+
?one: NOT one                          -> negated
    | "(" condition ")"
    | field OPERATOR literal           -> compared
    | aggregate OPERATOR literal       -> compared
    | path LIKE STRING                 -> like
    | field IN list                    -> among
    | field NOT IN list                -> not_among
    | field IN "(" query ")"           -> joined
    | field NOT IN "(" query ")"       -> not_joined
    | path INCLUDES list               -> includes
    | path EXCLUDES list               -> excludes
list: "(" literal ("," literal)* ")"
literal: STRING | DATETIME | DATE | DATE_WORD | NUMBER | WHOLE | NULL | TRUE | FALSE

order: ORDER BY sort ("," sort)*
sort: (field | aggregate) [ASC | DESC] [NULLS (FIRST | LAST)]

SELECT.2: /select\b/i
FROM.2: /from\b/i
WHERE.2: /where\b/i
GROUP.2: /group\b/i
HAVING.2: /having\b/i
ORDER.2: /order\b/i
BY.2: /by\b/i
LIMIT.2: /limit\b/i
OFFSET.2: /offset\b/i
FOR.2: /for\b/i
COUNT.4: /count(?=\s*\(\s*\))/i
AGGREGATE.3: /(count_distinct|count|sum|avg|min|max)(?=\s*\(\s*[a-z])/i
DATE_PART.3: /(calendar_(year|quarter|month)|day_(in_month|in_week|in_year|only)|hour_in_day|week_in_(month|year))(?=\s*\()/i
FIELDS.3: /fields(?=\s*\()/i
TYPEOF.2: /typeof\b/i
WHEN.2: /when\b/i
THEN.2: /then\b/i
ELSE.2: /else\b/i
END.2: /end\b/i
AND.2: /and\b/i
OR.2: /or\b/i
NOT.2: /not\b/i
LIKE.2: /like\b/i
INCLUDES.2: /includes\b/i
EXCLUDES.2: /excludes\b/i
IN.2: /in\b/i
ASC.2: /asc\b/i
DESC.2: /desc\b/i
NULLS.2: /nulls\b/i
FIRST.2: /first\b/i
LAST.2: /last\b/i
NULL.2: /null\b/i
TRUE.2: /true\b/i
FALSE.2: /false\b/i
DATE_WORD.2: /(today|yesterday|tomorrow|(last|this|next)_(week|month|quarter|year)|(last|next)_90_days)\b/i
           | /((last|next)_n_(day|week|month|quarter|year)s|n_(day|week|month|quarter|year)s_ago):\d+\b/i
DATETIME.3: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)/i
DATE.2: /\d{4}-\d\d-\d\d/
NUMBER.1: /[+-]?(\d+\.\d*|\.\d+|\d+e[+-]?\d+)|[+-]\d+/i
WHOLE: /\d+/
STRING: /'(\\.|[^'\\])*'/s
OPERATOR: "=" | "!=" | "<>" | "<=" | ">=" | "<" | ">"
NAME: /[a-z]\w*/i
%ignore /\s+/
"""
