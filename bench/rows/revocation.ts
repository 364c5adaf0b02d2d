import type { BenchContext, GroupResult } from './context';
export async function revocationRows(_bench: BenchContext): Promise<GroupResult> {
  return { rows: [], ratios: [] };
}
