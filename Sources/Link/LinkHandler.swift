import NIOCore

/// Moves bytes between a socket and a `LinkMachine`, and obeys it. It decides nothing about the protocol.
///
/// Confined to its event loop. All that happens in one turn of the loop is written and flushed once.
final class LinkHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Makes the machine once the connection is open; for a dialler that already means bytes to write.
    typealias Start = @Sendable (_ now: Duration, _ actions: inout LinkActions) -> LinkMachine

    /// What became of the attempt to open.
    enum Conclusion {
        case opened(LinkActions.Opened, any Channel)
        case ended(LinkEnd)
    }

    private let start: Start
    private let mailbox: LinkMailbox
    private let limits: LinkLimits
    private let clock: @Sendable () -> Duration
    private var concluded: ((Conclusion) -> Void)?

    private var machine: LinkMachine?
    private var actions = LinkActions()
    /// Whether NIO waits behind this handler for the rest of a read.
    private var isInRead = false
    private var isOver = false
    private var readingHeld = false
    private var readWanted = false
    /// Completes when the own `FINAL` has left.
    private var finalFlushed: EventLoopFuture<Void>?
    private var alarm: (at: Duration, task: Scheduled<Void>)?

    /// - Parameter concluded: called exactly once for a connection that was open, before any envelope reaches the
    ///   mailbox, and then forgotten: what it holds must be able to go before the link does.
    init(
        limits: LinkLimits, mailbox: LinkMailbox, clock: @escaping @Sendable () -> Duration = Uptime.now,
        start: @escaping Start, concluded: @escaping (Conclusion) -> Void
    ) {
        self.limits = limits
        self.mailbox = mailbox
        self.clock = clock
        self.start = start
        self.concluded = concluded
    }

    // MARK: Events

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        machine?.receive(unwrapInboundIn(data), at: clock(), &actions)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isInRead = true
        turn(context)
        isInRead = false
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        turn(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        machine?.endOfStream(&actions)
        turn(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        machine?.connectionLost(&actions)
        turn(context)
        alarm?.task.cancel()
        alarm = nil
        context.fireChannelInactive()
    }

    /// A reset and its like; NIO closes the channel, and `channelInactive` follows.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Asked for by NIO before every read of the socket: the place to slow the peer down.
    func read(context: ChannelHandlerContext) {
        if readingHeld { readWanted = true } else { context.read() }
    }

    // MARK: Turns

    private func begin(_ context: ChannelHandlerContext) {
        guard machine == nil else { return }
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        mailbox.setWake {
            loop.execute {
                let (handler, context) = bound.value
                handler.turn(context)
            }
        }
        machine = start(clock(), &actions)
        turn(context)
    }

    private func turn(_ context: ChannelHandlerContext) {
        guard !isOver, machine != nil else { return }
        let now = clock()
        perform(context)
        // Behind that, because it may have told the mailbox of the peer's goodbye: what was sent before it is still taken.
        grantWishes(at: now)
        perform(context)
        while !isOver, context.channel.isWritable, machine?.hasWork(at: now) == true {
            machine?.pump(at: now, &actions)
            perform(context)
        }
        guard !isOver else { return }
        holdReading(mailbox.holdsReading(), at: now, context)
        setAlarm(at: machine?.deadline, now: now, context)
    }

    private func grantWishes(at now: Duration) {
        guard !isOver, let wishes = mailbox.takeWishes() else { return }
        if wishes.cut { machine?.cut(&actions) }
        if !wishes.envelopes.isEmpty { machine?.enqueue(wishes.envelopes) }
        if wishes.ping { machine?.ping() }
        if wishes.close { machine?.close(at: now, &actions) }
    }

    private func perform(_ context: ChannelHandlerContext) {
        let due = actions
        actions = LinkActions()
        if due.released > 0 { mailbox.released(due.released) }
        if let opened = due.opened { conclude(.opened(opened, context.channel)) }
        if !due.envelopes.isEmpty { mailbox.deliver(due.envelopes) }
        if due.pong { mailbox.pong() }
        if due.peerFinished { mailbox.peerFinished() }
        if due.bytes.readableBytes > 0 { write(due.bytes, shutsDown: due.shutsDown, context) }
        if let end = due.end { finish(end, context) }
    }

    private func conclude(_ conclusion: Conclusion) {
        concluded?(conclusion)
        concluded = nil
    }

    private func write(_ bytes: ByteBuffer, shutsDown: Bool, _ context: ChannelHandlerContext) {
        guard shutsDown else {
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            return
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        finalFlushed = written.futureResult
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
        // Not before it is written: with the peer's side already shut, shutting this one closes the socket at once.
        written.futureResult.assumeIsolated().whenSuccess {
            context.close(mode: .output, promise: nil)
        }
    }

    private func finish(_ end: LinkEnd, _ context: ChannelHandlerContext) {
        isOver = true
        alarm?.task.cancel()
        alarm = nil
        mailbox.end(end)
        conclude(.ended(end))
        guard end == .goodbye, let finalFlushed else {
            guard isInRead else {
                context.close(promise: nil)
                return
            }
            // NIO may be telling of an end of stream, and goes on with the channel's input behind this call.
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.eventLoop.execute { bound.value.close(promise: nil) }
            return
        }
        let forced = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.close)) {
            context.close(promise: nil)
        }
        finalFlushed.assumeIsolated().whenComplete { _ in
            forced.cancel()
            context.close(promise: nil)
        }
    }

    private func holdReading(_ held: Bool, at now: Duration, _ context: ChannelHandlerContext) {
        guard held != readingHeld else { return }
        readingHeld = held
        machine?.setPaused(held, at: now)
        if !held, readWanted {
            readWanted = false
            context.read()
        }
    }

    /// An alarm that comes too early only looks and is set again, so that traffic need not move it.
    private func setAlarm(at deadline: Duration?, now: Duration, _ context: ChannelHandlerContext) {
        guard let deadline else { return }
        if let alarm, alarm.at <= deadline { return }
        alarm?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(max(deadline - now, .zero)))
        {
            self.alarm = nil
            self.machine?.advance(to: self.clock(), &self.actions)
            self.turn(context)
        }
        alarm = (deadline, task)
    }
}
