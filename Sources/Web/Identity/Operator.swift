package import Foundation

/// Somebody who runs the installation. The name is who it is: there is one operator of each, and it holds any number of tokens.
package struct Operator: Sendable, Hashable {
    package let id: UUID
    /// In lower case.
    package let name: String

    package init(id: UUID, name: String) {
        self.id = id
        self.name = name
    }
}
