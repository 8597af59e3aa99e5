// Damages to our answers, one way each, which the comparison must notice: a test of the test.

export const SPOIL_QUESTION = { query: "SELECT ECInstanceId, CodeValue, Model, UserLabel FROM bis.Element WHERE ECInstanceId < 40 ORDER BY ECInstanceId", args: {}, options: {}, ordered: true };

export const spoils = {
  "a row too few": (a) => { a.rows.pop(); },
  "a row too many": (a) => { a.rows.push(a.rows[0]); },
  "two rows swapped": (a) => { a.rows.unshift(...a.rows.splice(1, 1)); },
  "another id": (a) => { a.rows[2][0] = "0xfff"; },
  "a text for NULL": (a) => { a.rows[0][3] = ""; },
  "a member renamed": (a) => { a.rows[0][2] = { id: a.rows[0][2].Id }; },
  "a column too few": (a) => { a.columns.pop(); },
  "another type": (a) => { a.columns[1].typeName = "int"; },
  "another name": (a) => { a.columns[1].jsonName = "CodeValue"; },
  "no class name": (a) => { a.columns[1].className = ""; },
  "an error": (a) => { a.error = "no"; },
};
