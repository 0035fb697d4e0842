import { demandPrerequisites } from "../prerequisites";

const { PATH } = process.env;
afterEach(() => {
  process.env.PATH = PATH;
});

test("this machine has what the lab needs", () => {
  expect(() => demandPrerequisites()).not.toThrow();
});

test("programs that are missing are named, all at once, with where they are had", () => {
  process.env.PATH = __dirname;
  expect(() => demandPrerequisites()).toThrow(
    /needs go, .*go\.dev.*\n.*needs terraform, .*developer\.hashicorp\.com.*\n.*needs kubectl, .*kubernetes\.io/,
  );
});

test("another system than Linux is told so", () => {
  expect(() => demandPrerequisites("darwin")).toThrow(/needs Linux, and this is darwin: .*127\.0\.0\.0\/8/);
});
