//! What a label promises: golden codes, the two guarantees of its check, and blocks that never meet.

use proptest::prelude::*;

use super::*;

fn label(number: u64) -> Label {
    Label::from_number(number).unwrap()
}

/// Fixed for ever: these codes are printed and glued.
const GOLDEN: [(u64, &str); 8] = [
    (0, "22222222"),
    (1, "2222223Y"),
    (30, "222222Z4"),
    (31, "2222232X"),
    (8_192, "2222AJAX"),
    (12_425_051_533, "FZZZZZZJ"),
    (20_000_000_000, "RJM9QJC8"),
    (CODES - 1, "ZZZZZZZ6"),
];

#[test]
fn golden_codes_stay_as_they_are_printed() {
    for (number, code) in GOLDEN {
        assert_eq!(label(number).to_string(), code, "number {number}");
        assert_eq!(code.parse::<Label>(), Ok(label(number)), "code {code}");
    }
}

#[test]
fn the_alphabet_has_no_look_alikes_and_rises() {
    assert!(ALPHABET.is_sorted_by(|one, next| one < next));
    assert!(
        ALPHABET
            .iter()
            .all(|&character| !LOOK_ALIKES.contains(char::from(character)))
    );
}

#[test]
fn typing_is_forgiven_its_case_spaces_and_hyphens() {
    let wanted = label(8_192);
    let code = wanted.to_string();
    for typed in [
        code.to_lowercase(),
        wanted.grouped(),
        code.replace('A', "-a-"),
        format!(" {code}\u{3000}"),
    ] {
        assert_eq!(typed.parse::<Label>(), Ok(wanted), "{typed:?}");
    }
}

#[test]
fn a_look_alike_is_asked_about_and_never_replaced() {
    for character in "01OILoil".chars() {
        let typed = format!("222{character}2222");
        assert_eq!(
            typed.parse::<Label>(),
            Err(LabelError::LookAlike {
                character,
                place: 4
            })
        );
    }
}

#[test]
fn other_characters_and_lengths_are_told_apart() {
    assert_eq!(
        "2222222Ä".parse::<Label>(),
        Err(LabelError::Character {
            character: 'Ä',
            place: 8
        })
    );
    assert_eq!(
        "２2222222".parse::<Label>(),
        Err(LabelError::Character {
            character: '２',
            place: 1
        })
    );
    assert_eq!(
        "2222222".parse::<Label>(),
        Err(LabelError::Length { found: 7 })
    );
    assert_eq!(
        "222222222".parse::<Label>(),
        Err(LabelError::Length { found: 9 })
    );
    assert_eq!("".parse::<Label>(), Err(LabelError::Length { found: 0 }));
    assert_eq!(
        "http://x".parse::<Label>().map_err(|error| error.code()),
        Err("label.character")
    );
}

#[test]
fn every_single_wrong_character_is_caught_at_every_place() {
    // The check is linear, so a code and its neighbour differ as any two codes do: walking every
    // place, value and replacement on a few codes walks all the cases there are.
    for (number, code) in GOLDEN {
        for place in 0..8 {
            for &wrong in ALPHABET
                .iter()
                .filter(|&&wrong| wrong != code.as_bytes()[place])
            {
                let mut typed = code.as_bytes().to_vec();
                typed[place] = wrong;
                let typed = String::from_utf8(typed).unwrap();
                assert_eq!(
                    typed.parse::<Label>(),
                    Err(LabelError::Check),
                    "{number}: {code} → {typed}"
                );
            }
        }
    }
}

#[test]
fn every_swap_of_two_neighbours_is_caught_for_every_pair_of_characters() {
    for place in 0..7 {
        for left in 0..31_usize {
            for right in (0..31).filter(|&right| right != left) {
                let code = code_with(place, left, right);
                assert!(code.parse::<Label>().is_ok(), "{code} is a code");
                let mut swapped = code.clone().into_bytes();
                swapped.swap(place, place + 1);
                let swapped = String::from_utf8(swapped).unwrap();
                assert_eq!(
                    swapped.parse::<Label>(),
                    Err(LabelError::Check),
                    "{code} → {swapped}"
                );
            }
        }
    }
}

/// A valid code with these two values at `place` and behind it; found by trying another place.
fn code_with(place: usize, left: usize, right: usize) -> String {
    let free = if place < 2 { 6 } else { 0 };
    (0..31)
        .flat_map(|filler| (0..31).map(move |last| (filler, last)))
        .map(|(filler, last)| {
            let mut values = [5_usize; 8];
            values[7] = last;
            values[free] = filler;
            values[place] = left;
            values[place + 1] = right;
            values
                .iter()
                .map(|&value| char::from(ALPHABET[value]))
                .collect::<String>()
        })
        .find(|code| code.parse::<Label>().is_ok())
        .unwrap()
}

proptest! {
    #[test]
    fn number_and_code_are_a_bijection(number in 0..CODES) {
        let code = label(number).to_string();
        prop_assert_eq!(code.len(), 8);
        prop_assert_eq!(code.parse::<Label>(), Ok(label(number)));
    }

    #[test]
    fn no_mistyped_or_swapped_code_reads_as_another(number in 0..CODES, place in 0_usize..8, value in 0_usize..31) {
        let code = label(number).to_string().into_bytes();
        let mut wrong = code.clone();
        wrong[place] = ALPHABET[value];
        let mut swapped = code.clone();
        swapped.swap(place, (place + 1).min(7));
        for typed in [wrong, swapped] {
            let same = typed == code;
            let read = String::from_utf8(typed).unwrap().parse::<Label>();
            prop_assert_eq!(read.is_ok(), same);
        }
    }

    #[test]
    fn a_loose_code_never_falls_into_a_block(random: u64, index in 0_u16..8_192) {
        let drawn = Label::loose(random);
        prop_assert_eq!(drawn.region(), Region::Loose);
        for region in [Region::Granted, Region::Rolls] {
            let block = LabelBlock::nth(region, random % region.blocks()).unwrap();
            prop_assert!(!block.contains(drawn));
            prop_assert_eq!(block.label(index).unwrap().region(), region);
        }
    }
}

#[test]
fn the_first_character_tells_the_region() {
    for (lead, region) in ALPHABET
        .iter()
        .zip(0..)
        .map(|(lead, value): (_, u64)| (lead, label(value * PER_LEAD).region()))
    {
        let expected = match lead {
            b'2'..=b'9' | b'A'..=b'F' => Region::Granted,
            b'G'..=b'V' => Region::Loose,
            _ => Region::Rolls,
        };
        assert_eq!(region, expected, "{}", char::from(*lead));
    }
}

#[test]
fn blocks_follow_each_other_and_end_inside_their_region() {
    let first = LabelBlock::nth(Region::Granted, 0).unwrap();
    let second = LabelBlock::nth(Region::Granted, 1).unwrap();
    assert_eq!(first.start(), 0);
    assert_eq!(second.start(), BLOCK);
    assert!(first.contains(first.label(8_191).unwrap()));
    assert!(!second.contains(first.label(8_191).unwrap()));
    assert_eq!(first.label(8_192), None, "the block is used up");
    for region in [Region::Granted, Region::Rolls] {
        let last = LabelBlock::nth(region, region.blocks() - 1).unwrap();
        assert_eq!(last.label(8_191).unwrap().region(), region);
        assert_eq!(LabelBlock::nth(region, region.blocks()), None);
        assert_eq!(LabelBlock::starting_at(last.start()), Ok(last));
    }
    assert_eq!(LabelBlock::nth(Region::Loose, 0), None);
}

#[test]
fn a_block_must_start_at_its_multiple_and_inside_a_region_of_blocks() {
    let loose = Region::Loose.numbers().start.div_ceil(BLOCK) * BLOCK;
    let straddling = Region::Granted.numbers().end / BLOCK * BLOCK;
    for start in [
        1,
        BLOCK - 1,
        loose,
        straddling,
        CODES / BLOCK * BLOCK,
        u64::MAX / BLOCK * BLOCK,
    ] {
        assert_eq!(
            LabelBlock::starting_at(start),
            Err(LabelError::Block { start })
        );
    }
    assert_eq!(
        serde_json::from_str::<LabelBlock>("8192").unwrap().start(),
        8_192
    );
    assert!(serde_json::from_str::<LabelBlock>("8193").is_err());
}

#[test]
fn a_number_beyond_the_last_code_is_refused() {
    assert_eq!(
        Label::from_number(CODES),
        Err(LabelError::Number { number: CODES })
    );
}

#[test]
fn every_refusal_has_words_in_both_languages() {
    for error in [
        LabelError::Length { found: 7 },
        LabelError::LookAlike {
            character: 'O',
            place: 4,
        },
        LabelError::Character {
            character: 'Ä',
            place: 8,
        },
        LabelError::Check,
        LabelError::Block { start: 3 },
        LabelError::Number { number: CODES },
    ] {
        for lang in [Lang::Zh, Lang::En] {
            let words = error.message(lang);
            assert_ne!(words, error.code());
            assert!(!words.contains('{'), "{words}");
        }
    }
}
