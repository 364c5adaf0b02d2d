import { AwsError } from '../aws-error';
import type { JsonObject } from '../aws-service';
import { Members } from '../members';
import { StateFile } from '../state-file';

/** Which attribute of a table says when an item expires. The setting only: no item is ever deleted. */
export class TimeToLive {
  /** `table/name` -> attribute name; the prefix keeps a table named like an object's own machinery apart. */
  readonly #attributes: StateFile<Record<string, string>>;

  constructor(path: string | undefined) {
    this.#attributes = new StateFile<Record<string, string>>(path, {});
  }

  update(input: JsonObject): object {
    const request = new Members(input);
    const table = `table/${request.string('TableName')}`;
    const wanted = new Members((request.raw('TimeToLiveSpecification') ?? {}) as JsonObject);
    const attribute = wanted.string('AttributeName', { min: 1, max: 255 });
    const enabled = wanted.boolean('Enabled') ?? false;
    const current = this.#attributes.state[table];
    if (enabled && current === attribute) throw refusal('TimeToLive is already enabled');
    if (!enabled && current === undefined) throw refusal('TimeToLive is already disabled');
    if (current !== undefined && current !== attribute) {
      throw refusal(`TimeToLive is active on a different AttributeName: current AttributeName is ${current}`);
    }
    this.#attributes.change((draft) => {
      if (enabled) draft[table] = attribute;
      else delete draft[table];
    });
    return { TimeToLiveSpecification: { AttributeName: attribute, Enabled: enabled } };
  }

  describe(input: JsonObject): object {
    const attribute = this.#attributes.state[`table/${new Members(input).string('TableName')}`];
    const description =
      attribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute };
    return { TimeToLiveDescription: description };
  }

  forget(tableName: string): void {
    const table = `table/${tableName}`;
    if (this.#attributes.state[table] === undefined) return;
    this.#attributes.change((draft) => {
      delete draft[table];
    });
  }
}

function refusal(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
