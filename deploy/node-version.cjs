// Fails if Node is too old to build the dashboard.
const major = Number(process.versions.node.split('.')[0])
if (major < 20) {
  console.error(`Node 20 or newer is needed, this is ${process.versions.node}`)
  process.exit(1)
}
