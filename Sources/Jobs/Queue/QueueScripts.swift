import Redis

/// The Lua files of `Scripts/`, carried in the binary. Each file says its arguments and reply at its head; `Queue` and its
/// extensions are the only callers, by `Queue.call`. All but `epoch` begin with the common head, `head.lua`.
enum QueueScripts {
    static let append = script("append", PackageResources.append_lua)
    static let accept = script("accept", PackageResources.accept_lua)
    static let acknowledge = script("acknowledge", PackageResources.acknowledge_lua)
    static let schedule = script("schedule", PackageResources.schedule_lua)
    static let hurry = script("hurry", PackageResources.hurry_lua)
    static let retry = script("retry", PackageResources.retry_lua)
    static let promote = script("promote", PackageResources.promote_lua)
    static let begin = script("begin", PackageResources.begin_lua)
    static let beat = script("beat", PackageResources.beat_lua)
    static let claim = script("claim", PackageResources.claim_lua)
    static let handback = script("handback", PackageResources.handback_lua)
    static let leave = script("leave", PackageResources.leave_lua)
    static let limits = script("limits", PackageResources.limits_lua)
    static let locate = script("locate", PackageResources.locate_lua)
    static let measure = script("measure", PackageResources.measure_lua)
    static let waiting = script("waiting", PackageResources.waiting_lua)
    static let epoch = RedisScript(name: "epoch", source: String(decoding: PackageResources.epoch_lua, as: UTF8.self))

    private static func script(_ name: String, _ source: [UInt8]) -> RedisScript {
        RedisScript(name: name, source: String(decoding: PackageResources.head_lua + source, as: UTF8.self))
    }
}
