// swift-tools-version: 6.0
// Doorstep for Swift. `cargo xtask swift` puts the generated code and the library beside this and builds
// it in the target folder; `cargo xtask xcframework` writes the package that apps take.

import PackageDescription

let package = Package(
    name: "doorstep",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Doorstep", targets: ["Doorstep"])
    ],
    targets: [
        .systemLibrary(name: "CDoorstep"),
        .target(name: "DoorstepNames"),
        // What the generator writes is no Swift 6.
        .target(
            name: "DoorstepGenerated",
            dependencies: ["CDoorstep", "DoorstepNames"],
            swiftSettings: [.swiftLanguageMode(.v5)]
        ),
        .target(name: "Doorstep", dependencies: ["DoorstepGenerated", "DoorstepNames"]),
        // What follows is for this repository: apps do not take it.
        .target(name: "CPinnedCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "DoorstepCurl", dependencies: ["Doorstep", "CPinnedCurl"]),
    ]
)

/// A library with a test kit has what tests stand on; a shipped one does not.
let hasTestkit = Context.environment["DOORSTEP_TESTKIT"] == "1"

if hasTestkit {
    package.products.append(.library(name: "DoorstepTestkit", targets: ["DoorstepTestkit"]))
    package.targets += [
        .target(name: "DoorstepTestkit", dependencies: ["Doorstep"]),
        .testTarget(name: "DoorstepTests", dependencies: ["DoorstepTestkit", "DoorstepCurl"]),
        .testTarget(name: "DoorstepNamesTests", dependencies: ["Doorstep"]),
    ]
} else {
    package.targets.append(.executableTarget(name: "Story", dependencies: ["DoorstepCurl"], path: "Story"))
}
