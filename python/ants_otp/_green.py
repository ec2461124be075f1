"""Calls of `Client` under gevent and eventlet: a greenlet waits in its hub, and a thread of the library makes its call.

A thread that blocks would stop all its other greenlets. Nothing is imported of either: it is used where it is loaded.
"""

from __future__ import annotations

import os
from sys import modules
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ants_otp import _log
from ants_otp._completions import BATCH, Completions
from ants_otp.error import from_native

if TYPE_CHECKING:
    from ants_otp import _native
    from ants_otp._completions import Completion


class Hub:
    """The calls of one hub.

    It keeps nothing of the hub while there are none, so that the hub can go when its thread ends.
    """

    def __init__(self) -> None:
        self._completions = Completions()
        self._under_way = 0
        self._watched: Any = None

    def make(self, native: _native.Client, call: _native.Call) -> Completion:
        """Makes a call; an exception that is thrown into the greenlet ends it."""
        waiter = self._waiter()
        # Empty as soon as nobody waits any more.
        waiting = [waiter]
        refused = native.submit(call, _log.level(), self._completions, waiting)
        if refused is not None:
            raise from_native(*refused)
        self._under_way += 1
        if self._watched is None:
            self._watch()
        try:
            parts, failure, raw, lines = self._wait(waiter)
        except BaseException:
            waiting.clear()
            call.cancel()
            raise
        if lines is not None:
            _log.write(lines)
        return parts, failure, raw

    def forget(self) -> None:
        """Called in a forked child: the calls under way are the parent's."""

    def _deliver(self, *_args: object) -> None:
        """Runs in the hub while there is something to take."""
        for _ in range(BATCH):
            completion = self._completions.take()
            if completion is None:
                if not self._under_way:
                    self._unwatch()
                return
            self._under_way -= 1
            waiting, parts, failure, raw, lines = completion
            if waiting:
                self._wake(waiting[0], (parts, failure, raw, lines))
            elif lines is not None:
                # A log handler may wait, which nothing may in the hub.
                self._spawn(_log.write, lines)

    def _watch(self) -> None:
        raise NotImplementedError

    def _unwatch(self) -> None:
        raise NotImplementedError

    def _waiter(self) -> Any:
        raise NotImplementedError

    def _wait(self, waiter: Any) -> Any:
        raise NotImplementedError

    def _wake(self, waiter: Any, outcome: object) -> None:
        raise NotImplementedError

    def _spawn(self, function: Any, argument: object) -> None:
        raise NotImplementedError


class _Gevent(Hub):
    def forget(self) -> None:
        if self._watched is not None:
            self._unwatch()

    def _watch(self) -> None:
        self._watched = modules["gevent"].get_hub().loop.io(self._completions.fileno(), 1)
        self._watched.start(self._deliver)

    def _unwatch(self) -> None:
        self._watched.stop()
        self._watched.close()
        self._watched = None

    def _waiter(self) -> Any:
        return modules["gevent.hub"].Waiter()

    def _wait(self, waiter: Any) -> Any:
        return waiter.get()

    def _wake(self, waiter: Any, outcome: object) -> None:
        waiter.switch(outcome)

    def _spawn(self, function: Any, argument: object) -> None:
        modules["gevent"].spawn(function, argument)


class _Eventlet(Hub):
    # A child's hub has its parent's epoll descriptor, so nothing is undone there: it needs another hub for all it does.

    def _watch(self) -> None:
        hub = modules["eventlet.hubs"].get_hub()
        listener = hub.add(hub.READ, self._completions.fileno(), self._deliver, self._deliver, self._deliver)
        self._watched = (hub, listener)

    def _unwatch(self) -> None:
        hub, listener = self._watched
        hub.remove(listener)
        self._watched = None

    def _waiter(self) -> Any:
        return modules["eventlet.event"].Event()

    def _wait(self, waiter: Any) -> Any:
        return waiter.wait()

    def _wake(self, waiter: Any, outcome: object) -> None:
        waiter.send(outcome)

    def _spawn(self, function: Any, argument: object) -> None:
        modules["eventlet"].spawn_n(function, argument)


_hubs: WeakKeyDictionary[Any, Hub] = WeakKeyDictionary()


def hub() -> Hub | None:
    """The hub of the calling thread, if its greenlets wait there: the standard library is then patched to do so."""
    running = _gevent_hub()
    kind: type[Hub] = _Eventlet if running is None else _Gevent
    running = _eventlet_hub() if running is None else running
    if running is None:
        return None
    found = _hubs.get(running)
    if found is None:
        found = _hubs[running] = kind()
    return found


def _gevent_hub() -> Any:
    monkey, local = modules.get("gevent.monkey"), modules.get("gevent._hub_local")
    if monkey is None or local is None or not monkey.is_module_patched("socket"):
        return None
    running = local.get_hub_if_exists()
    # The hub itself cannot wait.
    return None if running is modules["gevent"].getcurrent() else running


def _eventlet_hub() -> Any:
    patcher, hubs = modules.get("eventlet.patcher"), modules.get("eventlet.hubs")
    if patcher is None or hubs is None or not patcher.is_monkey_patched("socket"):
        return None
    running = getattr(hubs._threadlocal, "hub", None)
    return None if running is None or running.greenlet is modules["eventlet"].getcurrent() else running


def _forget() -> None:
    for found in list(_hubs.values()):
        found.forget()
    _hubs.clear()


os.register_at_fork(after_in_child=_forget)
