// Preloaded into programs that are not ours: they listen on 127.0.0.1 only, reach nothing else, and end with the bench.
import net from 'node:net';

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...args) {
  const callback = args.find((arg) => typeof arg === 'function');
  const port = typeof args[0] === 'object' && args[0] !== null ? args[0].port : Number(args[0]);
  return listen.call(this, { port, host: '127.0.0.1' }, callback);
};

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = typeof options === 'object' ? (options.host ?? 'localhost') : (args[1] ?? 'localhost');
  if (typeof host === 'string' && !['localhost', '127.0.0.1', '::1'].includes(host) && !options.path) {
    process.nextTick(() => this.destroy(new Error(`the bench allows loopback only, not ${host}`)));
    return this;
  }
  return connect.apply(this, args);
};

process.once('disconnect', () => process.exit(0));
