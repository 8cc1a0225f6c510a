// Adds JOBS no-op jobs of graphile-worker, runs a worker until none is left, and prints how many seconds it took: from
// the first claim to the last job's end, when it is deleted.
// Takes the database from DATABASE_URL and its modules from NODE_PATH: see bench/postgres_peers.py.
const { EventEmitter } = require('node:events')
const { makeWorkerUtils, run } = require('graphile-worker')

const jobs = Number(process.argv[2])

async function main() {
  const utils = await makeWorkerUtils({})
  await utils.migrate()
  await utils.addJobs(Array.from({ length: jobs }, () => ({ identifier: 'noop' })))
  await utils.withPgClient((client) => client.query('VACUUM ANALYZE'))
  const events = new EventEmitter()
  let began
  let succeeded = 0
  events.once('job:start', () => (began = performance.now()))
  const allRun = new Promise((resolve) => events.on('job:success', () => ++succeeded === jobs && resolve()))
  const runner = await run({ concurrency: 8, taskList: { noop: async () => {} }, events })
  await allRun
  // The worker goes on before a job is deleted: the last ones may still be there.
  while (await isAnyLeft(utils));
  const seconds = (performance.now() - began) / 1000
  await runner.stop()
  await utils.release()
  console.log(seconds)
}

async function isAnyLeft(utils) {
  const { rows } = await utils.withPgClient((client) => client.query('SELECT FROM graphile_worker._private_jobs LIMIT 1'))
  return rows.length > 0
}

main()
