// Inputs of WebEditTest:Widget, which has a property of each type.

/** Property, its field, what is typed, what is stored. */
export const TEXTS = [
  ["i", "I", "-42", -42],
  ["l", "L", "5000000000", 5000000000],
  ["d", "D", "2.5", 2.5],
  ["s", "S", "héllo", "héllo"],
  ["g", "G", "A0000000-0000-4000-8000-00000000ABCD", "a0000000-0000-4000-8000-00000000abcd"],
  ["json", "Json", '{"k":1}', '{"k":1}'],
  ["utc", "Utc (UTC)", "2025-01-02T03:04:05.678", "2025-01-02T03:04:05.678Z"],
  ["unspec", "Unspec", "2025-01-02T03:04", "2025-01-02T03:04:00.000"],
  ["day", "Day", "2025-12-24", "2025-12-24"],
  ["tod", "Tod", "23:59:58", "23:59:58.000"],
  ["level", "Level", "B", "B"],
  ["nickname", "Nickname", "nick", "nick"],
  ["userLabel", "User Label", "renamed", "renamed"],
];

/** Arrays, and what is typed as a new item of each. */
export const ADDED = [["Strs", "first"]];
