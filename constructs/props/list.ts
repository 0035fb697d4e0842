import { formatValue } from "../rules/format-value";
import { type Field, invalidValues, isToken, parseSafely } from "./field";

/** A longer list is a mistake, which would be reported item by item. */
const maxItems = 1000;

export function listOf<Value>(item: Field<Value>): Field<Value[]> {
  const invalid = () => {
    const nothing: Value[] = [];
    invalidValues.add(nothing);
    return nothing;
  };
  return {
    scalar: item.scalar,
    fields: item.fields,
    list: true,
    invalid,
    parse: (value, path, report) => {
      if (isToken(value)) {
        report(false, `${path} is a variable; write a list, whose items may be variables`);
        return invalid();
      }
      if (!Array.isArray(value)) {
        report(false, `${path} is ${formatValue(value)}; write a list`);
        return invalid();
      }
      if (value.length > maxItems) {
        report(false, `${path} has ${value.length} items; write ${maxItems} at most`);
        return invalid();
      }
      // Array.from, because map passes over what a sparse list lacks.
      return Array.from(value, (_, index) => parseSafely(item, () => value[index], `${path}[${index}]`, report));
    },
  };
}

/** A list that has to have something in it; the advice says what to write. */
export function nonEmptyListOf<Value>(item: Field<Value>, advice: string): Field<Value[]> {
  const list = listOf(item);
  return {
    ...list,
    parse: (value, path, report) => {
      if (Array.isArray(value)) report(value.length > 0, `${path} is empty; write ${advice}`);
      return list.parse(value, path, report);
    },
  };
}
