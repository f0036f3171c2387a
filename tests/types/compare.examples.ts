// What compare.ts must see. A line that the compiler lets pass, and should not, is an error of its own.
import type { Fits, None, Same, Statics, Takes, WrongOptions, WrongResults, Yes } from "./compare.js";

interface Contract {
  method(key: string, options?: { ttl?: number }): Promise<number>;
  generic<T = any>(key: string): Promise<T | undefined>;
  readonly field: string;
  optional?: number;
}
interface More extends Contract {
  method(key: string | number, options?: { ttl?: number; more?: string }, third?: boolean): Promise<1>;
  more: string;
}

export type Itself = None<WrongResults<Contract, Contract> | WrongOptions<Contract, Contract>>;
export type MoreIsFine = None<WrongResults<More, Contract>>;

type Change<K extends keyof Contract, T> = Omit<Contract, K> & { [_ in K]: T };
type Method<F> = WrongResults<Change<"method", F>, Contract>;
// @ts-expect-error a member is not there
export type NotThere = None<WrongResults<Omit<Contract, "optional">, Contract>>;
// @ts-expect-error a field of another type
export type OtherField = None<WrongResults<Change<"field", number>, Contract>>;
// @ts-expect-error what is promised may be missing
export type MayBeMissing = None<WrongResults<Change<"field", string | undefined>, Contract>>;
// @ts-expect-error another result
export type OtherResult = None<Method<(key: string, options?: { ttl?: number }) => Promise<string>>>;
// @ts-expect-error any is no result
export type AnyResult = None<Method<(key: string, options?: { ttl?: number }) => Promise<any>>>;
// @ts-expect-error any is no member
export type AnyMember = None<Method<any>>;
// @ts-expect-error an argument takes less, as a method's may for the compiler
export type LessTaken = None<Method<{ method(key: "key", options?: { ttl?: number }): Promise<number> }["method"]>>;
// @ts-expect-error an option is not there
export type NoOption = None<Method<(key: string, options?: { other?: 1 }) => Promise<number>>>;
// @ts-expect-error an argument is not there
export type NoArgument = None<Method<(key: string) => Promise<number>>>;
// @ts-expect-error one more argument is needed
export type OneMore = None<Method<(key: string, options: { ttl?: number } | undefined, more: 1) => Promise<number>>>;
// @ts-expect-error the caller's type is ignored
export type NotGeneric = None<WrongResults<Change<"generic", (key: string) => Promise<unknown>>, Contract>>;

export type Alike = Yes<Same<"a" | "b", "b" | "a">>;
// @ts-expect-error one value less
export type Less = Yes<Same<"a", "a" | "b">>;
// @ts-expect-error one value more
export type OneValueMore = Yes<Same<"a" | "b", "a">>;

interface Options {
  ttl?: number;
  load?: (key: string) => number;
}
export type SameOptions = None<WrongOptions<Options, Options>>;
export type Wider = None<WrongOptions<{ ttl?: number | string; load?: (key: "key") => unknown }, Options>>;
// @ts-expect-error an option is not there
export type LostOption = None<WrongOptions<{ ttl?: number }, Options>>;
// @ts-expect-error an option takes less
export type Narrower = None<WrongOptions<{ ttl?: 5; load?: (key: string) => number }, Options>>;
// @ts-expect-error a callback is given less
export type CallbackLess = None<WrongOptions<{ ttl?: number; load?: (key: string | number) => number }, Options>>;
// @ts-expect-error any takes what the contract refuses
export type AnyOption = None<WrongOptions<{ ttl?: any; load?: (key: string) => number }, Options>>;

declare class Ours {
  private readonly own: 1;
  static from(text: string): Ours;
  constructor(options?: { a?: number });
}
declare class Theirs {
  static from(text: string): object;
  constructor(options?: { a?: number });
}
export type SameStatics = None<WrongResults<Statics<typeof Ours>, Statics<typeof Theirs>>>;
export type SameConstructor = Yes<Takes<ConstructorParameters<typeof Ours>, ConstructorParameters<typeof Theirs>>>;
// @ts-expect-error a static member is not there
export type NoStatic = None<WrongResults<Statics<typeof Theirs>, { other(): void }>>;
// @ts-expect-error a constructor that wants more
export type Constructor = Yes<Takes<[options: { a: number }], ConstructorParameters<typeof Theirs>>>;
// @ts-expect-error one function for another
export type Functions = Yes<Fits<(text: string) => number, (text: string) => string>>;
