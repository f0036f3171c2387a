//! The proof that no pattern is exponential: the classic cases at growing sizes, by counting steps.
//!
//! A step is one turn of the matcher or one range of a class looked at. For a pattern of p and a key
//! of k characters the claim is `steps <= 2 * (p + 1) * (k + 1)`: each character of the key is where
//! the last `*` is tried again at most once, and such a try looks at each token once. A matcher that
//! backtracks into earlier `*` breaks the bound at the smallest sizes already; each case also says
//! what the answer is, so that a matcher that gives up early does not pass.

use super::Pattern;

const MOST_STEPS_PER_PRODUCT: u64 = 2;

/// A pattern of about `n` parts and a key for it.
struct Case {
    name: &'static str,
    glob: fn(usize) -> String,
    key: fn(usize) -> String,
    matches: bool,
}

fn case(
    name: &'static str,
    glob: fn(usize) -> String,
    key: fn(usize) -> String,
    matches: bool,
) -> Case {
    Case { name, glob, key, matches }
}

fn many(part: &str, n: usize, end: &str) -> String {
    part.repeat(n) + end
}

/// `[aceg...]`: n ranges of one character, none of which is `b`.
fn long_class(n: usize) -> String {
    (0..n).map(|i| char::from_u32(0x400 + 2 * i as u32).unwrap_or('a')).collect()
}

fn cases() -> Vec<Case> {
    vec![
        case("a*a*...b", |n| many("a*", n, "b"), |n| many("a", 8 * n, ""), false),
        case("a*a*...b, found", |n| many("a*", n, "b"), |n| many("a", 8 * n, "b"), true),
        case("*a*a*...b", |n| many("*a", n, "*b"), |n| many("a", 8 * n, ""), false),
        case("*a*a...b", |n| many("*a", n, "b"), |n| many("a", 8 * n, ""), false),
        case("?*?*?*", |n| many("?*", n, ""), |n| many("a", 8 * n, ""), true),
        case("?*?*?*b", |n| many("?*", n, "b"), |n| many("a", 8 * n, ""), false),
        case("*?*?...b", |n| many("*?", n, "b"), |n| many("é", 8 * n, ""), false),
        case("*[a-z]*[a-z]*x", |n| many("*[a-z]", n, "*x"), |n| many("m", 8 * n, ""), false),
        case("*[a-z]*[a-z]*x, found", |n| many("*[a-z]", n, "*x"), |n| many("m", 8 * n, "x"), true),
        case("*[^b]...b", |n| many("*[^b]", n, "b"), |n| many("a", 8 * n, "a"), false),
        case("****...b", |n| many("*", 8 * n, "b?"), |n| many("a", 8 * n, ""), false),
        case(
            "*aaa...ab",
            |n| "*".to_owned() + &many("a", n, "b*"),
            |n| many("a", 8 * n, ""),
            false,
        ),
        case("*aa*aa...b", |n| many("*aa", n, "b"), |n| many("a", 8 * n, ""), false),
        case("*ab*ab...", |n| many("*ab", n, "*c"), |n| many("ab", 8 * n, ""), false),
        case("*[long]b", |n| format!("*[{}]b", long_class(n)), |n| many("b", 8 * n, ""), false),
        case("*[^long]?a", |n| format!("*[^{}]?a", long_class(n)), |n| many("b", 8 * n, ""), false),
        case(
            "*[long]*[long]...x",
            |n| many(&format!("*[^{}]", long_class(8)), n, "x"),
            |n| many("b", 8 * n, ""),
            false,
        ),
        case("*\\**\\*...b", |n| many("*\\*", n, "b"), |n| many("*", 8 * n, ""), false),
        case("*😀*😀...b", |n| many("*😀", n, "b"), |n| many("😀", 8 * n, ""), false),
    ]
}

/// (whether it matches, how many steps that took, pattern × key). Stops at four times the bound, so
/// that an exponential matcher fails instead of never ending.
fn count(glob: &str, key: &str) -> (bool, u64, u64) {
    let pattern = Pattern::new(glob).expect("a pattern");
    let product = (glob.chars().count() as u64 + 1) * (key.chars().count() as u64 + 1);
    let mut steps = 0;
    let matches = pattern.matches_watched(key.as_bytes(), &mut || {
        steps += 1;
        assert!(steps <= 4 * MOST_STEPS_PER_PRODUCT * product, "{glob:.40}: no end");
    });
    (matches, steps, product)
}

#[test]
fn steps_stay_within_pattern_times_key() {
    for Case { name, glob, key, matches } in cases() {
        for n in [1, 4, 16, 64, 256] {
            let (found, steps, product) = count(&glob(n), &key(n));
            assert_eq!(found, matches, "{name} at {n}");
            assert!(
                steps <= MOST_STEPS_PER_PRODUCT * product,
                "{name} at {n}: {steps} steps for {product}"
            );
        }
    }
}

/// Doubling the key alone doubles the steps, but for the last try, which ends with the key: linear.
#[test]
fn steps_grow_with_the_key_as_the_key_does() {
    for Case { name, glob, key, .. } in cases() {
        let pattern = glob(16);
        let (_, short, _) = count(&pattern, &key(256));
        let (_, long, _) = count(&pattern, &key(512));
        assert!(
            long <= 2 * short + (pattern.len() as u64).pow(2),
            "{name}: {short} steps, {long} for a key twice as long"
        );
    }
}

/// The counting itself: what is not counted would prove anything.
#[test]
fn every_turn_and_every_range_is_a_step() {
    let turns = 4; // a, the star, b, and the end of the key
    assert_eq!(count("a*b?", "abc"), (true, turns + 1, 5 * 4));
    let (_, none, _) = count("?[b]", "ab");
    let (_, three, _) = count("?[xyzb]", "ab");
    assert_eq!(three - none, 3);
    assert_eq!(count("prefix*", "prefix and more").1, 0);
}
