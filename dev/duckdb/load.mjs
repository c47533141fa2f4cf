// load.mjs TOP FOLDER: loads FOLDER/report into DuckDB as docs/data.md says, and compares every field
// with FOLDER/lines, the same reports as JSON lines. Then the joins: every row finds its partner.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [top, folder] = process.argv.slice(2);
// The packages are where this script was started.
const require = createRequire(pathToFileURL(process.cwd() + '/'));
const { DuckDBInstance } = require('@duckdb/node-api');
let failures = 0;

function check(holds, ...what) {
    if (!holds) {
        console.log(...what);
        failures++;
    }
}

process.chdir(folder);
const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
const ask = async (sql) => (await duckdb.runAndReadAll(sql)).getRowObjectsJson();

await duckdb.run(readFileSync(`${top}/docs/reports.duckdb.sql`, 'utf8'));

// A field as DuckDB gives it, from one of a JSON line.
function wanted(value, type) {
    if (value === null)
        return null;
    if (Array.isArray(value))
        return value.length ? value.map(String) : null;
    return type === 'BIGINT' ? String(value) : value;
}

function same(value, line, type) {
    const expected = wanted(line, type);
    if (value === null || expected === null)
        return value === expected;
    if (Array.isArray(expected)) { // "3.00" is a number in JSON lines
        const items = value.split(' ');
        return items.length === expected.length &&
            items.every((item, i) => item === expected[i] || Number(item) === Number(expected[i]));
    }
    return value === expected;
}

const types = {};
let fields = 0;
for (const report of ['connections', 'exchanges', 'findings', 'servers', 'pairs', 'hops', 'inputs']) {
    const columns = await ask(`SELECT column_name, data_type FROM information_schema.columns
        WHERE table_name = '${report}' ORDER BY ordinal_position`);
    for (const { column_name: name, data_type: type } of columns) {
        // one name has two types: docs/data.md
        check(name === 'undetermined' || (types[name] ??= type) === type, `${report}.${name}: ${type}, elsewhere ${types[name]}`);
    }
    // Times as text to the microsecond, which is what DuckDB keeps.
    const list = columns.map(({ column_name: name, data_type: type }) => type.startsWith('TIMESTAMP')
        ? `strftime(make_timestamp(epoch_us(${name})), '%Y-%m-%dT%H:%M:%S.%f') AS ${name}` : name);
    const rows = await ask(`SELECT ${list} FROM ${report}`);
    const lines = readFileSync(`lines/${report}.jsonl`, 'utf8').split('\n').slice(0, -1).map(JSON.parse);
    check(rows.length === lines.length && rows.length > 0, `${report}: ${rows.length} rows, ${lines.length} lines`);
    for (let at = 0; at < Math.min(rows.length, lines.length); at++) {
        for (const { column_name: name, data_type: type } of columns) {
            let line = lines[at][name];
            if (type.startsWith('TIMESTAMP') && line !== null)
                line = line.slice(0, '2026-11-23T17:47:46.074000'.length);
            check(same(rows[at][name], line, type),
                `${report} ${at + 1}, ${name}: ${rows[at][name]} is ${lines[at][name]}`);
            fields++;
        }
    }
}

const server = 'a.server_ip = b.server_ip AND a.server_port = b.server_port';
const exchange = 'a.connection = b.connection AND a.exchange = b.exchange';
const joins = [
    ['exchanges', 'connections', 'a.connection = b.connection', 'true'],
    ['findings', 'connections', 'a.connection = b.connection', 'true'],
    ['findings', 'exchanges', exchange, 'a.exchange IS NOT NULL'],
    ['hops', 'exchanges', exchange, 'a.exchange IS NOT NULL'],
    ['connections', 'exchanges', exchange, 'a.verdict IS NOT NULL'],
    ['connections', 'servers', server, 'a.verdict IS NOT NULL'],
    ['connections', 'pairs', `${server} AND a.client_ip = b.client_ip`, 'a.verdict IS NOT NULL'],
];
for (const [table, column] of [['connections', 'last_input'], ['connections', 'end_input'],
    ['exchanges', 'request_input'], ['exchanges', 'request_end_input'], ['exchanges', 'response_input'],
    ['exchanges', 'response_end_input'], ['exchanges', 'outcome_input'], ['findings', 'proof_input']])
    joins.push([table, 'inputs', `a.${column} = b.input`, `a.${column} IS NOT NULL`]);
for (const [from, to, on, where] of joins) {
    const [{ alone, joined }] = await ask(`SELECT
        (SELECT count(*) FROM ${from} a WHERE ${where} AND NOT EXISTS (SELECT 1 FROM ${to} b WHERE ${on})) AS alone,
        (SELECT count(*) FROM ${from} a JOIN ${to} b ON ${on} WHERE ${where}) AS joined`);
    check(alone === '0' && joined !== '0', `${from} to ${to}: ${alone} rows without a partner, ${joined} with one`);
}

// The query of the page.
const sql = readFileSync(`${top}/docs/data.md`, 'utf8').match(/```sql\n([^]*?)```/)[1];
const answer = await ask(sql);
check(answer.length > 3 && answer[0].cause === 'keepalive_race', 'the query of docs/data.md:', answer);

console.log(`${fields} fields, ${joins.length} joins, ${failures} failures`);
process.exit(failures ? 1 : 0);
