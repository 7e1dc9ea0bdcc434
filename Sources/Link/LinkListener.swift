import Glibc
package import Identity
import NIOCore
import NIOPosix

/// Accepts links on one port, for one purpose. Dropping the last reference closes it.
package final class LinkListener: Sendable {
    /// Where it listens; the real port when 0 was asked for.
    package let localEndpoint: Endpoint
    /// Links that are ready to be used. For one consumer; ends behind `close`.
    package let links: AsyncStream<Link>

    let acceptor: Acceptor

    private init(_ localEndpoint: Endpoint, _ links: AsyncStream<Link>, _ acceptor: Acceptor) {
        self.localEndpoint = localEndpoint
        self.links = links
        self.acceptor = acceptor
    }

    deinit {
        acceptor.shutDown()
    }

    /// Listens on an endpoint (port 0: the system picks one), resolving a host name.
    ///
    /// - Parameter authorize: asked once for every dialler whose act 3 is verified; a no closes as silently as a failed
    ///   act 3. Its answers may change while listening; links that are open are not asked about again. Called on an event
    ///   loop: it must not block.
    /// - Throws: `LinkError.cannotListen` with the reason.
    package static func bind(
        _ endpoint: Endpoint, purpose: LinkPurpose, identity: IdentityKeys, limits: LinkLimits = .standard,
        authorize: @escaping @Sendable (PublicIdentity) -> Bool
    ) async throws -> LinkListener {
        let (links, taker) = AsyncStream.makeStream(
            of: Link.self, bufferingPolicy: .bufferingOldest(limits.untaken))
        let acceptor = Acceptor(
            LocalSide(keys: identity, purpose: purpose, limits: limits), taker, authorize: authorize)
        do {
            let address = try await acceptor.listen(on: endpoint)
            guard let bound = Endpoint(address) else { throw LinkError.cannotListen("it has no address") }
            return LinkListener(bound, links, acceptor)
        } catch let error as IOError {
            throw LinkError.cannotListen(String(cString: strerror(error.errnoCode)))
        } catch let error as LinkError {
            throw error
        } catch {
            throw LinkError.cannotListen("the address cannot be used")
        }
    }

    /// Stops listening, drops unfinished handshakes and ends `links`. Open links live on.
    package func close() async {
        await acceptor.close()
    }
}
