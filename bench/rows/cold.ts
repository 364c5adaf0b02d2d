import type { BenchContext, GroupResult } from './context';

export async function coldRows(_bench: BenchContext): Promise<GroupResult> {
  return { rows: [], ratios: [] };
}
