import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { LOCAL_OUTPUTS, OUTPUT } from '../../sdk/outputs-file';
import { type LocalGateway, localCredentials } from '../gateway';
import { writePrivateFile } from '../private-file';

/**
 * Tells the SDK and the command line, run from this folder, where the gateway is and what opens it,
 * in the shape of a deployment's outputs.
 */
export class LocalOutputs {
  readonly #path = resolve(LOCAL_OUTPUTS);
  readonly #gateway: LocalGateway;
  readonly #idpIssuer: string;
  #written: string | undefined;

  constructor(gateway: LocalGateway, idpIssuer: string) {
    this.#gateway = gateway;
    this.#idpIssuer = idpIssuer;
  }

  write(token: string): void {
    if (!this.#isOurs()) return;
    const { accessKeyId, secretAccessKey, region } = localCredentials(this.#gateway.aws);
    this.#written = JSON.stringify({
      Local: {
        [OUTPUT.url]: this.#gateway.url,
        [OUTPUT.region]: region,
        [OUTPUT.idpIssuer]: this.#idpIssuer,
        [OUTPUT.accessKeyId]: accessKeyId,
        [OUTPUT.secretAccessKey]: secretAccessKey,
        [OUTPUT.token]: token,
      },
    });
    writePrivateFile(this.#path, this.#written);
  }

  remove(): void {
    if (this.#isOurs()) rmSync(this.#path, { force: true });
  }

  /** Another run may have put its own in the meantime. */
  #isOurs(): boolean {
    return this.#written === undefined || readText(this.#path) === this.#written;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
