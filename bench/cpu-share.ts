import { accessSync, constants, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lambda gives one full core at this much memory, and less in proportion. */
const FULL_CORE_MB = 1769;
/** Lambda's own scheduling period. */
const PERIOD_MS = 20;

/** Holds processes to the share of a core that a memory size buys. */
export interface CpuShare {
  readonly means: string;
  /** From now on; returns what lifts it. */
  apply(pid: number): () => void;
  close(): void;
}

/** By the kernel's CFS quota where this user may set one, else by stopping and continuing the process. */
export function cpuShare(memoryMb: number): CpuShare {
  const share = memoryMb / FULL_CORE_MB;
  return quotaGroup(share) ?? stopAndContinue(share);
}

function quotaGroup(share: number): CpuShare | undefined {
  const [quota, period] = [Math.round(PERIOD_MS * 1000 * share), PERIOD_MS * 1000];
  const versions = [
    { base: '/sys/fs/cgroup/cpu', files: { 'cpu.cfs_period_us': period, 'cpu.cfs_quota_us': quota } },
    { base: '/sys/fs/cgroup', files: { 'cpu.max': `${quota} ${period}` } },
  ];
  for (const { base, files } of versions) {
    const group = join(base, `mcp-gateway-bench-${process.pid}`);
    try {
      accessSync(join(base, 'cgroup.procs'), constants.W_OK);
      mkdirSync(group);
    } catch {
      continue;
    }
    const close = () => {
      // Not empty until its processes are reaped; an empty group that stays behind does nothing.
      try {
        rmdirSync(group);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      }
    };
    if (Object.keys(files).every((name) => existsSync(join(group, name)))) {
      for (const [name, value] of Object.entries(files)) writeFileSync(join(group, name), String(value));
      return {
        means: `CFS quota of ${quota} µs in ${period} µs`,
        apply(pid) {
          writeFileSync(join(group, 'cgroup.procs'), String(pid));
          return () => undefined;
        },
        close,
      };
    }
    close();
  }
  return undefined;
}

function stopAndContinue(share: number): CpuShare {
  const timers = new Set<NodeJS.Timeout>();
  return {
    means: `SIGSTOP for ${Math.round((1 - share) * 100)} % of every ${PERIOD_MS} ms`,
    apply(pid) {
      const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
        try {
          process.kill(pid, name);
        } catch {
          lift();
        }
      };
      const timer = setInterval(() => {
        signal('SIGSTOP');
        setTimeout(() => signal('SIGCONT'), PERIOD_MS * (1 - share));
      }, PERIOD_MS);
      timers.add(timer);
      const lift = () => {
        clearInterval(timer);
        timers.delete(timer);
      };
      return lift;
    },
    close() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
