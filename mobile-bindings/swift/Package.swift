// swift-tools-version: 6.0
import Foundation
import PackageDescription

// What scripts/swift writes into Generated, from the built library. In an iOS app the built library
// itself is there as well, as a framework for each kind of phone and simulator.
let framework = "Generated/CaseweaveFFI.xcframework"
let package = Package(
    name: "Caseweave",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Caseweave", targets: ["Caseweave"]),
        .executable(name: "field-app", targets: ["FieldApp"]),
    ],
    targets: [
        hasFramework()
            ? .binaryTarget(name: "CaseweaveFFI", path: framework)
            : .systemLibrary(name: "CaseweaveFFI", path: "Generated/CaseweaveFFI"),
        .target(
            name: "CaseweaveGenerated",
            dependencies: ["CaseweaveFFI"],
            path: "Generated/CaseweaveGenerated",
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: hasFramework() ? [] : [.linkedLibrary("caseweave_ffi")]
        ),
        .target(name: "Caseweave", dependencies: ["CaseweaveGenerated"]),
        .executableTarget(name: "FieldApp", dependencies: ["Caseweave"]),
        .testTarget(name: "CaseweaveTests", dependencies: ["Caseweave", "FieldApp"]),
    ]
)

func hasFramework() -> Bool {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    return FileManager.default.fileExists(atPath: folder.appendingPathComponent(framework).path)
}
