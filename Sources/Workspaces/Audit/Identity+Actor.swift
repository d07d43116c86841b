package import Web

extension Identity {
    /// Whoever shows this token, as the access log names it.
    package var actor: AccessActor { AccessActor(token: tokenID, of: self.operator) }
}
