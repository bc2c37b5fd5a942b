//! What all values that cross have in common: how they are declared, and that a test build sees each
//! of them cross. No value of its own.

/// Declares a record or an enum that crosses. In a test build each field and variant is seen.
macro_rules! crosses {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        #[cfg(feature = "testkit")]
        impl $crate::crossing::Crossing for $name {
            fn tell(&self, seen: &mut $crate::crossing::Seen<'_>) {
                $(seen.part(stringify!($name), stringify!($field), &self.$field);)*
            }

            fn break_type(&mut self, name: &str) -> bool {
                if name == stringify!($name) {
                    return self.turn();
                }
                let mut broken = false;
                $(broken |= self.$field.break_type(name);)*
                broken
            }

            fn turn(&mut self) -> bool {
                false $(|| self.$field.turn())*
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident $({ $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })?,
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
        pub enum $name {
            $(
                $(#[$variant_meta])*
                $variant $({ $($(#[$field_meta])* $field: $type,)* })?,
            )*
        }

        #[cfg(feature = "testkit")]
        impl $crate::crossing::Crossing for $name {
            fn tell(&self, seen: &mut $crate::crossing::Seen<'_>) {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        seen.item(stringify!($name), stringify!($variant));
                        $($(seen.part(
                            concat!(stringify!($name), ".", stringify!($variant)),
                            stringify!($field),
                            $field,
                        );)*)?
                    })*
                }
            }

            #[allow(unused_variables, reason = "an enum of plain variants has nothing inside")]
            fn break_type(&mut self, name: &str) -> bool {
                if name == stringify!($name) {
                    return self.turn();
                }
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        false $($(| $field.break_type(name))*)?
                    })*
                }
            }

            fn turn(&mut self) -> bool {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        let inside = false $($(|| $field.turn())*)?;
                        if inside {
                            return true;
                        }
                    })*
                }
                let plain = [$($crate::crossing::plain_variant!($name $variant $({ $($field)* })?)),*];
                match plain.into_iter().flatten().find(|other| other != self) {
                    Some(other) => {
                        *self = other;
                        true
                    }
                    None => false,
                }
            }
        }
    };
}

#[cfg(feature = "testkit")]
macro_rules! plain_variant {
    ($name:ident $variant:ident) => {
        Some($name::$variant)
    };
    ($name:ident $variant:ident { $($field:ident)* }) => {
        None
    };
}

/// Declares an enum whose values are numbers in entries. A number of a later version stays itself.
macro_rules! open_numbers {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $code:literal,)*
        }
    ) => {
        $crate::crossing::crosses! {
            $(#[$meta])*
            pub enum $name {
                $($(#[$variant_meta])* $variant,)*
                /// A value of a later version.
                Other {
                    /// Its number.
                    code: u8,
                },
            }
        }

        impl From<u8> for $name {
            fn from(code: u8) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    code => Self::Other { code },
                }
            }
        }
    };
}

/// Declares an enum whose values are names in views. A name of a later version stays itself.
macro_rules! open_names {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)*
        }
    ) => {
        $crate::crossing::crosses! {
            $(#[$meta])*
            pub enum $name {
                $($(#[$variant_meta])* $variant,)*
                /// A value of a later version.
                Other {
                    /// Its name.
                    name: String,
                },
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                match name {
                    $($text => Self::$variant,)*
                    name => Self::Other { name: name.to_owned() },
                }
            }
        }
    };
}

#[cfg(feature = "testkit")]
pub(crate) use plain_variant;
pub(crate) use {crosses, open_names, open_numbers};

#[cfg(feature = "testkit")]
pub(crate) use crate::testkit::recorder::{Crossing, Seen};

/// A value that crosses: any, where nobody looks on.
#[cfg(not(feature = "testkit"))]
pub(crate) trait Crossing {}

#[cfg(not(feature = "testkit"))]
impl<T> Crossing for T {}
