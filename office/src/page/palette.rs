//! The colours of the page, for light and dark. A colour that text stands in or on is listed here and
//! nowhere else, so that one test holds the contrast of all of them.

/// The colours of one scheme, as `#rrggbb`.
pub(super) struct Palette {
    /// Behind everything.
    ground: &'static str,
    /// Behind tables and cards.
    sheet: &'static str,
    /// Text.
    ink: &'static str,
    /// Text that explains.
    quiet: &'static str,
    /// Lines between cells: not text.
    line: &'static str,
    /// Links and the focus ring.
    link: &'static str,
    /// Text of what waits for somebody.
    waits: &'static str,
    /// Text of alarms.
    alarm: &'static str,
    /// Behind alarms.
    alarm_sheet: &'static str,
}

pub(super) const LIGHT: Palette = Palette {
    ground: "#f4f2ec",
    sheet: "#ffffff",
    ink: "#1b1a17",
    quiet: "#55524a",
    line: "#d6d1c4",
    link: "#0b4f8a",
    waits: "#8a4300",
    alarm: "#9c1c14",
    alarm_sheet: "#fdecea",
};

pub(super) const DARK: Palette = Palette {
    ground: "#15161a",
    sheet: "#1f2126",
    ink: "#f1efe9",
    quiet: "#b9b6ad",
    line: "#3d4048",
    link: "#8cc4ff",
    waits: "#ffb86b",
    alarm: "#ff9d94",
    alarm_sheet: "#35191a",
};

impl Palette {
    /// The colours as CSS custom properties.
    pub(super) fn css(&self) -> String {
        let named = [
            ("ground", self.ground),
            ("sheet", self.sheet),
            ("ink", self.ink),
            ("quiet", self.quiet),
            ("line", self.line),
            ("link", self.link),
            ("waits", self.waits),
            ("alarm", self.alarm),
            ("alarm-sheet", self.alarm_sheet),
        ];
        named
            .iter()
            .map(|(name, colour)| format!("--{name}:{colour};"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance by WCAG 2.
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn black_on_white_is_21() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.01);
    }

    #[test]
    fn every_text_is_readable_on_everything_it_stands_on() {
        for scheme in [LIGHT, DARK] {
            let texts = [
                scheme.ink,
                scheme.quiet,
                scheme.link,
                scheme.waits,
                scheme.alarm,
            ];
            for text in texts {
                for ground in [scheme.ground, scheme.sheet] {
                    let ratio = contrast(text, ground);
                    assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
                }
            }
            for text in [scheme.ink, scheme.alarm] {
                let ratio = contrast(text, scheme.alarm_sheet);
                assert!(ratio >= 4.5, "{text} on alarms: {ratio:.2}");
            }
        }
    }
}
