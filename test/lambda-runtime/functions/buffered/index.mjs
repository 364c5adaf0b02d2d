export const handler = async (event) => {
  if (event.fail) throw new RangeError(event.fail);
  if (event.hang) await new Promise(() => setInterval(() => undefined, 1000));
  if (event.exit) process.exit(event.exit);
  return { statusCode: 200, body: JSON.stringify(event), undefinedIsDropped: undefined };
};
