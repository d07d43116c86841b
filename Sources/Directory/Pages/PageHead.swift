import Workspaces

/// What stands around the content of a page, and in its head.
struct PageHead: Sendable {
    /// Which part of the site a page belongs to.
    enum Part: Sendable {
        case directory, plugins, workspace, moderation, neither
    }

    /// What a page tells those who show a link to it.
    struct Preview: Sendable {
        let title: String
        let description: String
        /// Absolute.
        let address: String
    }

    let title: String
    var part = Part.directory
    var preview: Preview?
    /// The page's one absolute address; nil where it has none to be kept by.
    var canonical: String?
    var linkedData: LinkedData?
    /// Whether search engines are to leave it out.
    var isUnlisted = false
    /// Seconds after which a page without script loads itself again; nil for never.
    var refresh: Int?
    /// Who is signed in, on pages for one visitor.
    var visitor: SessionVisitor?
    /// What the page's forms carry; those of a visitor carry the visitor's.
    var formToken: String?

    var values: PageValues {
        let seconds = refresh.map { "\($0)" }
        let token = visitor?.formToken ?? formToken
        return [
            "windowTitle": .text(title), "description": .maybe(preview?.description), "isUnlisted": .flag(isUnlisted),
            "canonical": .maybe(canonical), "openGraph": openGraph, "linkedData": data, "refresh": .maybe(seconds),
            "styleAddress": .text(PageAsset.style.address), "scriptAddress": .text(PageAsset.script.address),
            "isDirectory": .flag(part == .directory), "isPlugins": .flag(part == .plugins), "isWorkspace": .flag(part == .workspace),
            "isModeration": .flag(part == .moderation),
            "visitor": visitorPart, "formToken": .maybe(token),
        ]
    }

    private var data: PageValue {
        guard let linkedData else { return .nothing }
        return .data(linkedData)
    }

    private var visitorPart: PageValue {
        guard let visitor else { return .nothing }
        let signOut = part == .moderation ? "/moderation/sign-out" : "/sign-out"
        let manner = visitor.session.isOfAccount ? "Signed in as" : "Signed in with the token"
        return .group(["manner": .text(manner), "tokenName": .text(visitor.name), "signOutAddress": .text(signOut)])
    }

    private var openGraph: PageValue {
        guard let preview else { return .nothing }
        return .group([
            "ogTitle": .text(preview.title), "ogDescription": .text(preview.description), "ogAddress": .text(preview.address),
        ])
    }
}
