//! The generator of the bindings, at the version of uniffi that the library was built with. Nothing
//! else lives here.

fn main() {
    uniffi::uniffi_bindgen_main();
}
