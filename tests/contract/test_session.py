"""What a session does, over each broker that Kyoten may meet."""

import asyncio

import pytest
from fakes.waiting import free_port, running, until

from cloud_sync.broker import find_mosquitto, run_broker
from cloud_sync.broker_address import BrokerAddress
from cloud_sync.session import Message, Offline, Session, Will
from hardware.clock import SystemClock

BROKERS = [
    pytest.param("amqtt", id="amqtt"),
    pytest.param("mosquitto", id="mosquitto", marks=pytest.mark.needs("mosquitto")),
]


@pytest.fixture(params=BROKERS)
def broker(request, tmp_path):
    """Give a function that runs a broker of this kind on a port."""
    program = find_mosquitto() if request.param == "mosquitto" else None
    clock = SystemClock("boot")

    def run(port):
        folder = tmp_path / f"broker-{port}"
        return run_broker("127.0.0.1", port, folder=folder, clock=clock, mosquitto=program)

    return run


def session(address, name, **options):
    return Session(
        address, client_id=name, clock=SystemClock("boot"), jitter=lambda: 0.0, **options
    )


async def collect(of, into):
    async for message in of.messages():
        into.append(message)


def test_what_one_publishes_the_other_hears(broker):
    async def main():
        async with broker(free_port()) as (address, _):
            heard = []
            sender, listener = session(address, "a"), session(address, "b", subscriptions=("x/#",))
            async with running(sender.run(), listener.run(), collect(listener, heard)):
                await until(lambda: sender.connected and listener.connected)
                await until_heard(sender, "x/ready", heard)
                await sender.publish("x/1", b"\x00\xff", expiry=5)
                await sender.publish("y/1", b"not for you")
                await sender.publish("x/2", b"", qos=0)
                await until(lambda: len(heard) >= 2)
                assert heard == [Message("x/1", b"\x00\xff"), Message("x/2", b"")]

    asyncio.run(main())


async def until_heard(sender, topic, heard):
    """Subscriptions are made after the connect: send until the first message comes through."""
    async with asyncio.timeout(20):
        while not heard:
            await sender.publish(topic, b"")
            await asyncio.sleep(0.05)  # noqa: TID251 - a real broker is waited for
    await asyncio.sleep(0.2)  # noqa: TID251
    heard.clear()


def test_retained_messages_come_first_and_are_marked(broker):
    async def main():
        async with broker(free_port()) as (address, _):
            sender = session(address, "a")
            async with running(sender.run()):
                await until(lambda: sender.connected)
                await sender.publish("x/kept", b"old", retain=True)
                heard = []
                listener = session(address, "b", subscriptions=("x/#",))
                async with running(listener.run(), collect(listener, heard)):
                    await until(lambda: heard)
                    assert heard == [Message("x/kept", b"old", retained=True)]

    asyncio.run(main())


def test_the_will_is_told_when_a_session_dies(broker):
    async def main():
        async with broker(free_port()) as (address, _):
            heard = []
            listener = session(address, "b", subscriptions=("status/#",))
            dying = session(address, "a", will=Will("status/a", b"offline"))
            async with running(listener.run(), collect(listener, heard)):
                await until(lambda: listener.connected)
                async with running(dying.run()):
                    await until(lambda: dying.connected)
                    # Death without a goodbye: the socket breaks under it.
                    dying._connection._client.socket().close()
                    await until(lambda: heard)
                assert heard[0].topic == "status/a"
                assert heard[0].payload == b"offline"

    asyncio.run(main())


def test_a_session_heals_when_the_broker_comes_back(broker):
    async def main():
        port = free_port()
        connects = []
        async with broker(port) as (address, _):
            healing = session(address, "a", on_connect=lambda: connects.append(1))
            program = running(healing.run())
            await program.__aenter__()
            await until(lambda: healing.connected)
        await until(lambda: not healing.connected)
        with pytest.raises(Offline):
            await healing.publish("x", b"")
        async with broker(port):
            await until(lambda: healing.connected)
            assert len(connects) == 2
            await healing.publish("x", b"again")
            await program.__aexit__(None, None, None)

    asyncio.run(main())


def test_nobody_there_is_tried_again_and_no_error(caplog):
    async def main():
        lonely = session(BrokerAddress("127.0.0.1", free_port()), "a")
        async with running(lonely.run()):
            await until(lambda: "cannot connect" in caplog.text)
            assert not lonely.connected

    asyncio.run(main())
