/** Listens on a free loopback port, tells the bench which, and ends when the bench does. */
export function serve(server) {
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.on('disconnect', () => process.exit(0));
  process.on('SIGTERM', () => process.exit(0));
  // Ctrl-C reaches the whole group; the bench ends its children itself.
  process.on('SIGINT', () => undefined);
}
