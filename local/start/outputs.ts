import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { LOCAL_OUTPUTS, OUTPUT } from '../../sdk/outputs-file';
import { type LocalGateway, localCredentials } from '../gateway';
import { writePrivateFile } from '../private-file';

/**
 * Tells the SDK and the command line, run from this folder, where the gateway is and what opens it,
 * in the shape of a deployment's outputs. @returns what takes it back
 */
export function writeLocalOutputs(gateway: LocalGateway, token: string): () => void {
  const path = resolve(LOCAL_OUTPUTS);
  const { accessKeyId, secretAccessKey, region } = localCredentials(gateway.aws);
  const text = JSON.stringify({
    Local: {
      [OUTPUT.url]: gateway.url,
      [OUTPUT.region]: region,
      [OUTPUT.accessKeyId]: accessKeyId,
      [OUTPUT.secretAccessKey]: secretAccessKey,
      [OUTPUT.token]: token,
    },
  });
  writePrivateFile(path, text);
  return () => {
    // Another run may have put its own in the meantime.
    if (readText(path) === text) rmSync(path, { force: true });
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
