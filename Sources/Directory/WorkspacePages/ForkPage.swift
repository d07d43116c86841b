import Foundation
import Jobs
import Web
import Workspaces

/// The form by which a visitor forks an agent.
struct ForkPage: Sendable {
    let listing: Listing
    /// The name that was typed.
    var wanted: String?
    /// Why it will not do.
    var fault: String?
    /// Names the request that the form is.
    var key = UUID()
    /// On the plugins that it names.
    var advice: [PluginReference: PluginAdvice] = [:]

    var values: PageValues {
        let agent = PageAddress.path("agents", listing.owner, listing.name)
        let secrets: String? = listing.secretPlaces.isEmpty ? nil : "\(PageWords.number(listing.secretPlaces.count)) of them"
        return [
            "title": .text(listing.displayName), "owner": .text(listing.owner), "name": .text(listing.name),
            "ownerAddress": .text(AgentsAddress.owner(listing.owner).text), "agentAddress": .text(agent), "forkAddress": .text("\(agent)/fork"),
            "version": .maybe(listing.semanticVersion?.description), "secretWords": .maybe(secrets), "fault": .maybe(fault),
            "key": .text(key.lowercased), "wanted": .maybe(wanted), "resembles": LikenessPart.value(listing.resembles?.address),
            "pluginWarning": .maybe(PluginPart.warning(listing.plugins, advice)), "plugins": .section(PluginPart.list(listing.plugins, advice)),
        ]
    }
}

/// A fork that is under way, or came to nothing. One that is done has a page of its own.
struct ForkProgressPage: Sendable {
    let status: JobStatus

    var values: PageValues {
        let (state, words, tone) = told
        return [
            "isUnderWay": .flag(!status.state.isFinal), "state": .text(state), "words": .text(words), "tone": .text(tone),
            "detail": .maybe(status.error), "job": .text(status.id.lowercased), "accepted": .moment(status.acceptedAt),
        ]
    }

    private var told: (state: String, words: String, tone: String) {
        switch status.state {
        case .queued: (state: "Accepted", words: "A worker takes it in a moment.", tone: "plain")
        case .running: (state: "Under way", words: "A worker makes the copy.", tone: "plain")
        case .retrying: (state: "Trying again", words: "It did not work at once, and is tried again.", tone: "warn")
        case .done: (state: "Done", words: "The fork is there.", tone: "good")
        case .dead: (state: "Failed", words: "There is no fork. Nothing was changed.", tone: "bad")
        case .cancelled: (state: "Cancelled", words: "There is no fork: the job was cancelled.", tone: "warn")
        }
    }
}
