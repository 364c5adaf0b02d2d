import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { HttpTarget } from '../http-target';
import { ResponseReader, type ResponseSink } from './response-reader';

/** Whoever has a call on the connection. */
export interface ConnectionUser extends ResponseSink {
  /** All of the answer has arrived. */
  onEnd(): void;
  /** The connection ended before the answer did. `error` is undefined where it simply ended. */
  onLost(error: Error | undefined): void;
}

/** Whoever keeps the connection between two calls. */
export interface ConnectionKeeper {
  /** For the next connection to the same place to be opened with fewer round trips. */
  tlsSession: Buffer | undefined;
  onGone(connection: Connection): void;
}

/** TCP keep-alive, as node's agents set it. */
const PROBE_AFTER_MS = 1_000;
/** A larger request is written in such pieces: what has been taken shows that the upstream still reads. */
const PIECE_BYTES = 64 * 1024;

/** One connection to an upstream, with at most one call on it. What comes while there is none closes it. */
export class Connection {
  /** Connected, and for TLS: the certificate is the host's. */
  isOpen = false;
  hasServed = false;
  idleSinceMs = 0;
  keepAliveMs = 0;

  readonly #socket: Socket;
  readonly #keeper: ConnectionKeeper;
  #user: ConnectionUser | undefined;
  #reader: ResponseReader | undefined;
  #hasHeard = false;
  #unsentBytes = 0;

  constructor(target: HttpTarget, keeper: ConnectionKeeper) {
    this.#keeper = keeper;
    const socket = open(target, keeper);
    this.#socket = socket;
    socket.once(target.secure ? 'secureConnect' : 'connect', () => {
      this.isOpen = true;
    });
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('end', () => this.#end());
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose(undefined));
  }

  /** Bytes that went either way, to see whether anything still happens. */
  get movedBytes(): number {
    return this.#socket.bytesRead + this.#socket.bytesWritten;
  }

  /** Whether any byte of the answer has come. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** The next call may have it. */
  get isReusable(): boolean {
    const { writable, writableLength, readableEnded, readableLength } = this.#socket;
    return this.#unsentBytes === 0 && writable && writableLength === 0 && !readableEnded && readableLength === 0;
  }

  /** Sends a request. `head` is ASCII. */
  send(head: string, body: Buffer | string, user: ConnectionUser): void {
    this.#user = user;
    this.#reader = new ResponseReader(user);
    this.#hasHeard = false;
    const socket = this.#socket;
    if (this.hasServed) socket.ref();
    if (typeof body === 'string' && body.length <= PIECE_BYTES) socket.write(head + body, 'utf8');
    else this.#sendPieces(Buffer.concat([Buffer.from(head), typeof body === 'string' ? Buffer.from(body) : body]));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** No call is on it; it does not keep the process alive. */
  rest(nowMs: number): void {
    this.hasServed = true;
    this.idleSinceMs = nowMs;
    this.#socket.unref();
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Ends it. Its user hears no more. */
  destroy(): void {
    this.#user = undefined;
    this.#socket.destroy();
  }

  #sendPieces(bytes: Buffer): void {
    this.#unsentBytes = bytes.length;
    const piece = bytes.subarray(0, PIECE_BYTES);
    this.#socket.write(piece, (error) => {
      if (error) return;
      this.#unsentBytes = bytes.length - piece.length;
      if (this.#unsentBytes > 0) this.#sendPieces(bytes.subarray(piece.length));
    });
  }

  #take(chunk: Buffer): void {
    const user = this.#user;
    const reader = this.#reader;
    // Nobody asked: given to the next call, it would be somebody else's answer.
    if (user === undefined || reader === undefined) {
      this.#lose(undefined);
      return;
    }
    this.#hasHeard = true;
    try {
      if (reader.push(chunk)) this.keepAliveMs = 0;
      if (reader.isDone) this.#finish();
    } catch (error) {
      this.#lose(error as Error);
    }
  }

  #end(): void {
    if (this.#user !== undefined && this.#reader?.endsWithConnection) this.#finish();
    else this.#lose(undefined);
  }

  #finish(): void {
    const user = this.#user;
    this.#user = undefined;
    user?.onEnd();
  }

  #lose(error: Error | undefined): void {
    const user = this.#user;
    if (!this.isOpen) this.#keeper.tlsSession = undefined;
    this.destroy();
    // Not only once it has closed: until then, another call would take it.
    this.#keeper.onGone(this);
    user?.onLost(error);
  }
}

function open({ secure, hostname, port }: HttpTarget, keeper: ConnectionKeeper): Socket {
  const place = { host: hostname, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS };
  if (!secure) return connectTcp(place);
  const socket: TLSSocket = connectTls({
    ...place,
    // An address has no name to ask for (RFC 6066 §3); the certificate is compared with it all the same.
    ...(isIP(hostname) === 0 && { servername: hostname }),
    ALPNProtocols: ['http/1.1'],
    session: keeper.tlsSession,
  });
  return socket.on('session', (session) => {
    keeper.tlsSession = session;
  });
}
