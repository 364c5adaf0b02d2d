import batchGetItem from 'dynalite/actions/batchGetItem.js';
import batchWriteItem from 'dynalite/actions/batchWriteItem.js';
import createTable from 'dynalite/actions/createTable.js';
import deleteItem from 'dynalite/actions/deleteItem.js';
import deleteTable from 'dynalite/actions/deleteTable.js';
import describeTable from 'dynalite/actions/describeTable.js';
import getItem from 'dynalite/actions/getItem.js';
import listTables from 'dynalite/actions/listTables.js';
import putItem from 'dynalite/actions/putItem.js';
import query from 'dynalite/actions/query.js';
import scan from 'dynalite/actions/scan.js';
import updateItem from 'dynalite/actions/updateItem.js';
import updateTable from 'dynalite/actions/updateTable.js';
import batchGetItemInput from 'dynalite/validations/batchGetItem.js';
import batchWriteItemInput from 'dynalite/validations/batchWriteItem.js';
import createTableInput from 'dynalite/validations/createTable.js';
import deleteItemInput from 'dynalite/validations/deleteItem.js';
import deleteTableInput from 'dynalite/validations/deleteTable.js';
import describeTableInput from 'dynalite/validations/describeTable.js';
import getItemInput from 'dynalite/validations/getItem.js';
import listTablesInput from 'dynalite/validations/listTables.js';
import putItemInput from 'dynalite/validations/putItem.js';
import queryInput from 'dynalite/validations/query.js';
import scanInput from 'dynalite/validations/scan.js';
import updateItemInput from 'dynalite/validations/updateItem.js';
import updateTableInput from 'dynalite/validations/updateTable.js';

/** dynalite's operations by their DynamoDB names, each with the checks its input must pass. */
export const DYNALITE_OPERATIONS = new Map<
  string,
  { readonly action: Dynalite.Action; readonly input: Dynalite.Validation }
>([
  ['BatchGetItem', { action: batchGetItem, input: batchGetItemInput }],
  ['BatchWriteItem', { action: batchWriteItem, input: batchWriteItemInput }],
  ['CreateTable', { action: createTable, input: createTableInput }],
  ['DeleteItem', { action: deleteItem, input: deleteItemInput }],
  ['DeleteTable', { action: deleteTable, input: deleteTableInput }],
  ['DescribeTable', { action: describeTable, input: describeTableInput }],
  ['GetItem', { action: getItem, input: getItemInput }],
  ['ListTables', { action: listTables, input: listTablesInput }],
  ['PutItem', { action: putItem, input: putItemInput }],
  ['Query', { action: query, input: queryInput }],
  ['Scan', { action: scan, input: scanInput }],
  ['UpdateItem', { action: updateItem, input: updateItemInput }],
  ['UpdateTable', { action: updateTable, input: updateTableInput }],
]);
