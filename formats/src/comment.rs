//! The comment line of extended XYZ: `key=value` pairs with quoted values.

/// What is wrong with a comment line.
#[derive(Debug, PartialEq)]
pub(crate) struct Unclosed(pub char);

/// Keys and values in order; a word without `=` has no value.
pub(crate) type Pairs<'a> = Vec<(&'a str, Option<&'a str>)>;

/// Splits a comment. Values are bare words, `"quoted"`, `'quoted'`, `{braced}` or `[bracketed]`; the surrounding marks
/// are removed, escapes inside quotes are kept as written (no key that is used here needs them).
pub(crate) fn pairs(comment: &str) -> Result<Pairs<'_>, Unclosed> {
    let mut pairs = Vec::new();
    let mut rest = comment.trim_start();
    while !rest.is_empty() {
        let (key, after) = word(rest, true)?;
        rest = after;
        match rest.strip_prefix('=') {
            None if key.is_empty() => rest = skip_one(rest),
            None => pairs.push((key, None)),
            Some(after) => {
                let (value, after) = word(after, false)?;
                pairs.push((key, Some(value)));
                rest = after;
            }
        }
        rest = rest.trim_start();
    }
    Ok(pairs)
}

/// Never stands still, whatever the line holds.
fn skip_one(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next();
    characters.as_str()
}

/// One key (ends at `=` or white space) or one value, and what follows.
fn word(text: &str, key: bool) -> Result<(&str, &str), Unclosed> {
    let close = match text.chars().next() {
        Some('"') => '"',
        Some('\'') => '\'',
        Some('{') => '}',
        Some('[') => ']',
        _ => {
            let end = text
                .find(|c: char| c.is_whitespace() || (key && c == '='))
                .unwrap_or(text.len());
            return Ok(text.split_at(end));
        }
    };
    let inside = &text[1..];
    let end = closing(inside, close).ok_or(Unclosed(close))?;
    Ok((&inside[..end], &inside[end + close.len_utf8()..]))
}

/// Position of the closing mark; a backslash hides the character behind it, brackets nest.
fn closing(text: &str, close: char) -> Option<usize> {
    let open = match close {
        '}' => Some('{'),
        ']' => Some('['),
        _ => None,
    };
    let (mut depth, mut hidden) = (0_usize, false);
    for (index, c) in text.char_indices() {
        match c {
            _ if hidden => hidden = false,
            '\\' => hidden = true,
            c if Some(c) == open => depth += 1,
            c if c == close && depth == 0 => return Some(index),
            c if c == close => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_bare_and_bracketed_values() {
        let comment = r#"Lattice="5 0 0 0 5 0 0 0 5" energy=-1.5 name='a "b"' pbc=[T, T, T] old={1 2} flag note="x\"y""#;
        assert_eq!(
            pairs(comment).unwrap(),
            [
                ("Lattice", Some("5 0 0 0 5 0 0 0 5")),
                ("energy", Some("-1.5")),
                ("name", Some("a \"b\"")),
                ("pbc", Some("T, T, T")),
                ("old", Some("1 2")),
                ("flag", None),
                ("note", Some("x\\\"y")),
            ]
        );
    }

    #[test]
    fn strange_lines_end() {
        assert_eq!(pairs("=").unwrap(), [("", Some(""))]);
        assert_eq!(pairs("a=\"b"), Err(Unclosed('"')));
        assert_eq!(
            pairs("[[1, 2], [3]]=x").unwrap(),
            [("[1, 2], [3]", Some("x"))]
        );
        assert_eq!(pairs("é=ü ß").unwrap(), [("é", Some("ü")), ("ß", None)]);
    }
}
