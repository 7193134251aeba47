//! What differs between two texts, for people.

/// The lines that went, with `-`, and that came, with `+`, where they stand; nothing if the texts are
/// the same.
#[must_use]
pub fn difference(was: &str, is: &str) -> String {
    let (was, is): (Vec<_>, Vec<_>) = (was.lines().collect(), is.lines().collect());
    let common = common(&was, &is);
    let (mut old, mut new, mut told) = (0, 0, String::new());
    while old < was.len() || new < is.len() {
        let same = old < was.len() && new < is.len() && was[old] == is[new];
        if same {
            (old, new) = (old + 1, new + 1);
        } else if old < was.len()
            && (new == is.len() || common[old + 1][new] >= common[old][new + 1])
        {
            told.push_str(&format!("- {}\n", was[old]));
            old += 1;
        } else {
            told.push_str(&format!("+ {}\n", is[new]));
            new += 1;
        }
    }
    told
}

/// How many lines, in order, both have from each pair of places on.
fn common(was: &[&str], is: &[&str]) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; is.len() + 1]; was.len() + 1];
    for old in (0..was.len()).rev() {
        for new in (0..is.len()).rev() {
            table[old][new] = match was[old] == is[new] {
                true => table[old + 1][new + 1] + 1,
                false => table[old + 1][new].max(table[old][new + 1]),
            };
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn what_went_and_what_came_stand_side_by_side() {
        assert_eq!(difference("a\nb\nc\n", "a\nb\nc\n"), "");
        assert_eq!(difference("a\nb\nc\n", "a\nB\nc\nd\n"), "- b\n+ B\n+ d\n");
        assert_eq!(difference("a\nb\n", "b\na\n"), "- a\n+ a\n", "their order counts");
        assert_eq!(difference("", "a\n"), "+ a\n");
    }
}
