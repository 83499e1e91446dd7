//! What a misspelt word may have meant.

/// The known name with the fewest edits, if few enough to be a slip.
pub fn nearest<'a>(name: &str, known: &'a [impl AsRef<str>]) -> Option<&'a str> {
    let allowed = 1 + name.chars().count() / 4;
    let known = || known.iter().map(AsRef::as_ref);
    let ranked = known().map(|candidate: &str| (edits(name, candidate), candidate));
    let (distance, candidate) = ranked.min_by_key(|&(distance, _)| distance)?;
    let extended = || {
        let similar = |other: &&str| other.starts_with(name) || name.starts_with(other);
        known().find(similar)
    };
    match distance <= allowed {
        true => Some(candidate),
        false => extended().filter(|_| name.len() >= 3),
    }
}

/// Levenshtein's distance: insertions, deletions and replacements.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_by_hand() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("same", "same"), 0);
    }
}
