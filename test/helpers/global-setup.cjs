/** Everything runs on Node 24, whatever the host has: a silent fall-back to another version would prove nothing. */
module.exports = async () => {
  const major = Number(process.versions.node.split('.')[0]);
  if (major !== 24) throw new Error(`tests need Node 24, this is ${process.version}: run them by "npm test"`);
};
