// A program with node-postgres, run by test_node.py against both sides: prints what every step gave.
//
//   node node_client.js PORT DATABASE USER       with NODE_PATH where `pg` is

const { Client, Pool, types } = require('pg');

const [port, database, user] = process.argv.slice(2);
const options = { host: '127.0.0.1', port: Number(port), database, user };
let said = [];
const say = (...words) => said.push(words);

function failure(error) {
  return { code: error.code, message: error.message, position: error.position, constraint: error.constraint, table: error.table };
}

async function run(client, text, values) {
  try {
    const result = await client.query(values === undefined ? text : { text, values });
    for (const r of Array.isArray(result) ? result : [result]) {
      say(r.command, r.rowCount, r.fields.map((f) => [f.name, f.dataTypeID]), r.rows);
    }
  } catch (error) {
    say(text, failure(error));
  }
}

const steps = {
  async schema(client) {
    await client.query('CREATE TABLE ncustomers(customer_id int PRIMARY KEY, name text, balance numeric(12,2), born timestamptz, data jsonb, tags text[], raw bytea, big bigint, score float8)');
    await client.query('CREATE TABLE norders(customer_id int, id int, total numeric, PRIMARY KEY (customer_id, id))');
    await client.query('CREATE TABLE nnotes(id serial PRIMARY KEY, body text)');
  },
  async insert(client) {
    for (let n = 1; n <= 12; n++) {
      await run(client, 'INSERT INTO ncustomers VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *',
        [n, `name ${n}`, n * 1.5, new Date(Date.UTC(2020, 1, n)), { n, list: [n, null] }, ['a', null, `"${n}"`], Buffer.from([0, n, 255]), String(2n ** 60n + BigInt(n)), n / 8]);
      await run(client, `INSERT INTO norders VALUES (${n}, 1, ${n})`);
    }
    await run(client, 'INSERT INTO nnotes(body) VALUES ($1), ($2) RETURNING id', ['one', 'two']);
  },
  async read(client) {
    for (const n of [1, 5, 12, 99]) await run(client, 'SELECT * FROM ncustomers WHERE customer_id = $1', [n]);
    await run(client, 'SELECT customer_id, name, born FROM ncustomers ORDER BY customer_id');
    await run(client, 'SELECT customer_id FROM ncustomers WHERE customer_id = ANY($1) ORDER BY 1', [[2, 4, 11]]);
    await run(client, 'SELECT count(*), sum(balance), avg(balance), max(big), sum(score) FROM ncustomers WHERE customer_id > $1', [0]);
    await run(client, 'SELECT c.name, o.total FROM ncustomers c JOIN norders o USING (customer_id) WHERE c.customer_id = $1', [3]);
    await run(client, 'SELECT $1::int + 1 AS next, $2 AS text, now() IS NOT NULL AS now', [41, 'x']);
    await run(client, { text: 'SELECT customer_id, name FROM ncustomers WHERE customer_id = $1', values: [4], rowMode: 'array' });
    await run(client, 'SELECT 1 AS a; SELECT name FROM ncustomers WHERE customer_id = 2; SELECT 3 AS c');
    await run(client, '');
  },
  async named_statements(client) {
    for (let n = 1; n <= 12; n++) {
      const result = await client.query({ name: 'by-key', text: 'SELECT name, balance FROM ncustomers WHERE customer_id = $1', values: [n] });
      say(result.rows);
    }
    for (let n = 1; n <= 3; n++) {
      say((await client.query({ name: 'many', text: 'SELECT customer_id FROM ncustomers WHERE balance < $1 ORDER BY customer_id', values: [n * 4] })).rows);
    }
    say((await client.query({ name: 'bin', text: 'SELECT customer_id, big, score FROM ncustomers WHERE customer_id = $1', values: [6], binary: true })).rows);
  },
  async errors(client) {
    for (const text of ['SELEC 1', 'SELECT nothing FROM ncustomers WHERE customer_id = 1', 'SELECT * FROM nowhere', 'SELECT 1/0',
      "INSERT INTO ncustomers(customer_id) VALUES (1)", "SELECT 'x'::int"]) {
      await run(client, text);
    }
    await run(client, 'SELECT name FROM ncustomers WHERE customer_id = $1', ['x']);
    await run(client, 'SELECT name FROM ncustomers WHERE customer_id = $1', [1, 2]);
    await run(client, 'INSERT INTO ncustomers(customer_id) VALUES ($1)', [1]);
    await run(client, 'SELECT 1');
  },
  async transactions(client) {
    await run(client, 'BEGIN');
    await run(client, 'UPDATE ncustomers SET balance = balance + $1 WHERE customer_id = $2 RETURNING balance', [10, 3]);
    await run(client, 'SAVEPOINT a');
    await run(client, 'INSERT INTO norders VALUES (3, 1, 1)');
    await run(client, 'SELECT 1');
    await run(client, 'ROLLBACK TO a');
    await run(client, 'INSERT INTO norders VALUES ($1, $2, $3)', [3, 2, 5]);
    await run(client, 'COMMIT');
    await run(client, 'SELECT * FROM norders WHERE customer_id = 3 ORDER BY id');
    await run(client, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await run(client, 'DELETE FROM norders WHERE customer_id = 3');
    await run(client, 'ROLLBACK');
  },
  async queued(client) {
    // Sent one after another without waiting for the one before.
    const results = await Promise.all([...Array(12).keys()].map((n) => client.query('SELECT name, $2::int AS n FROM ncustomers WHERE customer_id = $1', [n + 1, n])));
    say(results.map((r) => r.rows));
  },
  async pool() {
    const pool = new Pool({ ...options, max: 5, idleTimeoutMillis: 100, statement_timeout: 20000, application_name: 'node pool' });
    const results = await Promise.all([...Array(60).keys()].map(async (n) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        await client.query('UPDATE ncustomers SET score = score + 1 WHERE customer_id = $1', [n % 12 + 1]);
        const { rows } = await client.query('SELECT customer_id FROM ncustomers WHERE customer_id = $1', [n % 12 + 1]);
        await client.query(n % 5 ? 'COMMIT' : 'ROLLBACK');
        return rows[0].customer_id;
      } finally {
        client.release();
      }
    }));
    say(results);
    say((await pool.query('SELECT customer_id, score FROM ncustomers ORDER BY customer_id')).rows);
    say((await pool.query("SELECT current_setting('application_name') AS a, current_setting('statement_timeout') AS t")).rows);
    await pool.end();
  },
  async timeouts() {
    const client = new Client({ ...options, statement_timeout: 300 });
    await client.connect();
    await run(client, 'SELECT pg_sleep(20)');
    await run(client, 'SELECT pg_sleep(20) FROM ncustomers WHERE customer_id = 1');
    await run(client, 'SELECT 1');
    await client.end();
  },
  async settings() {
    const client = new Client({ ...options, options: '-c TimeZone=Asia/Tokyo -c search_path=public', application_name: 'a name' });
    await client.connect();
    await run(client, "SELECT current_setting('TimeZone') AS z, current_setting('application_name') AS a, current_setting('search_path') AS p");
    await run(client, 'SELECT born::text FROM ncustomers WHERE customer_id = 7');
    await run(client, "SET TimeZone = 'Europe/Vienna'");
    await run(client, 'SELECT born::text FROM ncustomers ORDER BY customer_id LIMIT 2');
    await client.end();
  },
  async notices(client) {
    const seen = [];
    client.on('notice', (n) => seen.push([n.code, n.message]));
    await client.query('DROP TABLE IF EXISTS not_there');
    await client.query('CREATE TABLE IF NOT EXISTS ncustomers(customer_id int)');
    say(seen);
    client.removeAllListeners('notice');
  },
  async end(client) {
    for (let n = 1; n <= 12; n++) {
      await run(client, 'DELETE FROM norders WHERE customer_id = $1', [n]);
      await run(client, 'DELETE FROM ncustomers WHERE customer_id = $1 RETURNING customer_id', [n]);
    }
    await run(client, 'DROP TABLE norders, nnotes');
    await run(client, 'SELECT count(*) FROM ncustomers');
  },
};

(async () => {
  const client = new Client(options);
  await client.connect();
  for (const [name, step] of Object.entries(steps)) {
    said = [];
    try {
      await step(client);
    } catch (error) {
      say('FAILED', failure(error));
    }
    console.log(JSON.stringify([name, said]));
  }
  await client.end();
})();
