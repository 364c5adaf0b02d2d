export interface LambdaRuntime {
  readonly available: boolean;
  readonly reason?: string;
}
export function installLambdaRuntime(root: string): LambdaRuntime;
export function lambdaRuntime(root: string): LambdaRuntime;
