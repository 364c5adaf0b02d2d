export { type Outcome, Person } from '../../../local/demo/person';
