/**
 * Whether one type may stand for another, stricter than assignability: the arguments of methods are not bivariant, an `any` does
 * not stand for everything, and an option that is not there is not passed over. The generated checks are made of these.
 */

/** No member is wrong; the compiler names those that are. */
export type None<Wrong extends never> = Wrong;
/** As `None`, where the compiler would rather name the type that the wrong ones come from: {} has all of these only if there are none. */
export type Wrong<Names extends PropertyKey> = { [K in Names]: "wrong" };
export type Yes<Answer extends true> = Answer;

type IsAny<T> = 0 extends 1 & T ? true : false;
type Plain = string | number | bigint | boolean | symbol | null | undefined;

/** Whether there is an `any` in what a promise, an iteration or a collection gives. */
type HasAny<T> =
  IsAny<T> extends true
    ? true
    : T extends Plain
      ? false
      : T extends PromiseLike<infer U>
        ? HasAny<U>
        : T extends ReadonlyMap<infer K, infer V>
          ? HasAny<K> | HasAny<V>
          : T extends AsyncIterable<infer U> | Iterable<infer U>
            ? HasAny<U>
            : false;

/** The names of the options in an argument. */
type OptionNames<T> =
  IsAny<T> extends true
    ? never
    : T extends Plain | Iterable<unknown> | ((...args: never) => unknown)
      ? never
      : T extends object
        ? keyof T
        : never;

/** Options that are given and that nobody takes: assignability passes over them. */
type Lost<Given extends readonly unknown[], Taken extends readonly unknown[]> = {
  [I in keyof Given]-?: Exclude<OptionNames<Given[I]>, I extends keyof Taken ? OptionNames<Taken[I]> : never>;
}[number];

/** Whether who is given these arguments takes them. */
export type Takes<Taken extends readonly unknown[], Given extends readonly unknown[]> = [Given] extends [Taken]
  ? [Lost<Given, Taken>] extends [never]
    ? true
    : false
  : false;

type CallFits<A, B> = [B] extends [(...args: infer Given) => infer Wanted]
  ? [A] extends [(...args: infer Taken) => infer Result]
    ? [HasAny<Wanted>, HasAny<Result>] extends [false, true]
      ? false
      : Takes<Taken, Given>
    : false
  : true;

/** Whether an A may stand where a B is wanted. Type parameters count twice: as such, and as what they are bound by. */
export type Fits<A, B> =
  IsAny<A> extends true ? IsAny<B> : [A] extends [B] ? CallFits<Exclude<A, undefined>, Exclude<B, undefined>> : false;

/** Whether each may stand for the other. */
export type Same<A, B> = Fits<A, B> extends true ? Fits<B, A> : false;

/** The members of the contract that ours does not give as the contract says. */
export type WrongResults<Ours, Contract> = {
  [K in keyof Contract]-?: K extends keyof Ours ? (Fits<Ours[K], Contract[K]> extends true ? never : K) : K;
}[keyof Contract];

/** The members of the contract that ours does not take as the contract says. */
export type WrongOptions<Ours, Contract> = {
  [K in keyof Contract]-?: K extends keyof Ours
    ? IsAny<Ours[K]> extends true
      ? IsAny<Contract[K]> extends true
        ? never
        : K
      : Fits<Contract[K], Ours[K]> extends true
        ? never
        : K
    : K;
}[keyof Contract];

/** What a class has besides its instances. */
export type Statics<Class> = Omit<Class, "prototype">;
