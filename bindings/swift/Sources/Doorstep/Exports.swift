// What an app sees with `import Doorstep`: the records and lists of the generated code, the names of
// things. `Core…` of them is this library's own matter.

@_exported import DoorstepGenerated
import DoorstepNames

/// A text that stands for bytes: what all names of things are.
public typealias Name = DoorstepNames.Name
