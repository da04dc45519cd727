//! Unicode normal forms and invisible characters. Texts that look the same are equal.

use unicode_normalization::UnicodeNormalization as _;

/// Trims a text and composes it (NFC).
pub(super) fn composed(text: &str) -> String {
    text.trim().nfc().collect()
}

/// Composes a text and unifies compatible characters, such as full-width letters (NFKC).
pub(super) fn compatible(text: &str) -> String {
    text.nfkc().collect()
}

/// Whether a text contains invisible characters. They make two different names look the same, or hide content. Joiners
/// within words of scripts that need them, and variation selectors after ideographs, change the look and are allowed.
pub(super) fn has_invisible(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let at = |index: Option<usize>| index.and_then(|index| characters.get(index)).copied();
    characters.iter().enumerate().any(|(index, character)| {
        let (before, after) = (at(index.checked_sub(1)), at(index.checked_add(1)));
        match character {
            '\u{200C}' | '\u{200D}' => {
                !(before.is_some_and(writes_with_joiners) && after.is_some_and(writes_with_joiners))
            }
            '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => !before.is_some_and(is_ideograph),
            character => is_ignorable(*character),
        }
    })
}

/// Letters and marks of the scripts from Arabic on, in which joiners change the look.
fn writes_with_joiners(character: char) -> bool {
    ('\u{0600}'..='\u{1CFF}').contains(&character) && !is_ignorable(character)
}

const fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Unicode's default ignorable characters and bidirectional controls.
const fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{00AD}'
            | '\u{034F}'
            | '\u{061C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_invisible_characters_but_not_those_that_change_the_look() {
        for hidden in [
            "Jo\u{200B}hn",
            "John\u{00AD}",
            "\u{202E}nhoJ",
            "\u{FEFF}John",
            "John\u{E0041}",
            "Jo\u{200D}hn",
            "J\u{FE0F}ohn",
            "\u{2066}John\u{2069}",
        ] {
            assert!(has_invisible(hidden), "{hidden:?}");
        }
        for seen in [
            "John Doe",
            "José",
            "\u{0639}\u{0644}\u{06CC}\u{200C}\u{0631}\u{0636}\u{0627}",
            "\u{845B}\u{E0100}",
            "\u{0D28}\u{0D4D}\u{200D}\u{0D2E}",
        ] {
            assert!(!has_invisible(seen), "{seen:?}");
        }
    }

    #[test]
    fn texts_that_look_the_same_are_equal() {
        assert_eq!(composed(" Jose\u{301} "), "Jos\u{e9}");
        assert_eq!(compatible("\u{FF41}"), "a");
    }
}
