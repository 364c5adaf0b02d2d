// `npm run conformance`: the official conformance tool against a whole local gateway and against the SDK.
import { projectRoot } from '../../local/project-root';
import { authorizationLeg } from './authorization-leg';
import { clientLeg } from './client-leg';
import { serverLeg } from './server-leg';

// Hundreds of audit lines would bury the result.
quietFunctions();

for (const leg of [serverLeg, authorizationLeg, clientLeg]) {
  if (!(await leg(projectRoot()))) process.exitCode = 1;
}

function quietFunctions(): void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array) => (String(chunk).startsWith('{"event":') ? true : write(chunk));
}
