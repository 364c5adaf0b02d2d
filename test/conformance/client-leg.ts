import { runClientConformance } from './client/client-conformance';
import { REVISIONS } from './conformance-tool';

/** The SDK of this package, signing in at whatever server the tool invents. @returns whether all is well */
export async function clientLeg(root: string): Promise<boolean> {
  let isWell = true;
  for (const revision of REVISIONS) {
    const { results, output } = await runClientConformance(root, revision);
    const failed = results.filter((result) => result.failed > 0);
    const passing = results.length - failed.length;
    console.log(`${revision}, client: ${passing} of ${results.length} required sign-in scenarios pass`);
    for (const { scenario } of failed) console.log(`  ${scenario}`);
    if (failed.length === 0) continue;
    console.log(output);
    isWell = false;
  }
  return isWell;
}
