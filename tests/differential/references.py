"""Places of HSL: what stands at the left of an assignment.

get() is none where nothing is; read() is an error for a variable that was
never set.  Writing makes arrays on the way.
"""
from values import (Array, Class, Error, Func, Object, Regex, Unspecified,
                    error, key_of, listed)

UNSET = object()


class Cell:
    """A variable; closures and global share it."""
    __slots__ = ("value",)

    def __init__(self, value=UNSET):
        self.value = value


def index(base, key):
    if isinstance(base, Array):
        return base.d.get(key_of(key))
    if isinstance(base, str):
        if not isinstance(key, float):
            raise Unspecified("index of a string")
        key = key_of(key)
        return base[key] if -len(base) <= key < len(base) else None
    if isinstance(base, (Func, Class, Regex, Error)):
        raise Unspecified("index")
    return None


def bound(v):
    if v is None or isinstance(v, float):
        return None if v is None else key_of(v)
    raise Unspecified("bound of a slice")


def cut(bounds, absent):
    for v, gone in zip(bounds, absent):
        if v is None and not gone:
            raise Unspecified("none as a bound")
    s = slice(*(bound(v) for v in bounds))
    if s.step == 0:
        raise Unspecified("step 0")
    return s


def sliced(base, s):
    if isinstance(base, Array):
        return listed(base.values()[s])
    if isinstance(base, str):
        return base[s]
    if base is None:
        return None
    raise Unspecified("slice")


class Ref:
    def may_write(self):
        return True


class VarRef(Ref):
    def __init__(self, cell, private):
        self.cell, self.private = cell, private

    def read(self):
        if self.cell.value is UNSET:
            raise error()
        return self.cell.value

    def get(self):
        return None if self.cell.value is UNSET else self.cell.value

    def set(self, value):
        self.cell.value = value

    def exists(self):
        return self.cell.value is not UNSET

    def unset(self):
        if not self.private:
            raise Unspecified("unset of a shared variable")
        was, self.cell.value = self.exists(), UNSET
        return was


class ValueRef(Ref):
    """The value of an expression, as the base of a place."""

    def __init__(self, value):
        self.value = value

    def get(self):
        return self.value

    def exists(self):
        return True

    def set(self, value):
        raise Unspecified("assignment to a value")


class PropRef(Ref):
    def __init__(self, obj, name, inside):
        self.obj, self.name, self.inside = obj, name, inside

    def may(self, writing):
        if not isinstance(self.obj, Object):
            if self.obj is None and not writing:
                return
            raise Unspecified("property of no object")
        if self.inside is self.obj.cls:
            return
        cls = self.obj.cls
        if self.name in cls.private or writing and self.name in cls.readonly:
            raise error()

    def may_write(self):
        return not isinstance(self.obj, Object) or \
            self.inside is self.obj.cls or \
            self.name not in self.obj.cls.readonly

    def get(self):
        self.may(False)
        if self.obj is None:
            return None
        if self.name in self.obj.props:
            return self.obj.props[self.name]
        if self.name in self.obj.cls.methods:
            return self.obj.cls.methods[self.name].bound(self.obj)
        if self.name in self.obj.cls.static:
            raise Unspecified("static through an instance")
        return None

    read = get

    def set(self, value):
        self.may(True)
        self.obj.props[self.name] = value

    def exists(self):
        self.may(False)
        if self.obj is not None and self.name in self.obj.cls.methods:
            raise Unspecified("isset of a method")
        return self.obj is not None and self.name in self.obj.props

    def unset(self):
        self.may(True)
        return self.obj.props.pop(self.name, UNSET) is not UNSET


class StaticRef(Ref):
    def __init__(self, cls, name):
        self.cls, self.name = cls, name

    def get(self):
        return self.cls.statics[self.name]

    read = get

    def set(self, value):
        self.cls.statics[self.name] = value

    def exists(self):
        return True


class IndexRef(Ref):
    def __init__(self, base, key, inside):
        self.base, self.key, self.inside = base, key, inside

    def may_write(self):
        return isinstance(self.base.get(), Object) or self.base.may_write()

    def prop(self, base):
        if not isinstance(base, Object):
            return None
        if not isinstance(self.key, str):
            raise Unspecified("key of a property")
        return PropRef(base, self.key, self.inside)

    def get(self):
        base = self.base.get()
        prop = self.prop(base)
        return prop.get() if prop else index(base, self.key)

    def read(self):
        if isinstance(self.base.get(), str):
            raise Unspecified("change of a byte")
        return self.get()

    def set(self, value):
        base = self.base.get()
        prop = self.prop(base)
        if prop:
            prop.set(value)
            return
        if isinstance(base, (Func, Class, Regex, Error)):
            raise Unspecified("write through an index")
        if not isinstance(base, Array):
            base = Array()
        self.base.set(base.with_(key_of(self.key), value))

    def exists(self):
        base = self.base.get()
        prop = self.prop(base)
        if prop:
            return prop.exists()
        if isinstance(base, str):
            raise Unspecified("isset of a byte")
        return isinstance(base, Array) and key_of(self.key) in base.d

    def unset(self):
        base = self.base.get()
        prop = self.prop(base)
        if prop:
            return prop.unset()
        if not self.base.may_write():
            raise Unspecified("unset in what is readonly")
        if isinstance(base, str):
            raise Unspecified("unset of a byte")
        if not isinstance(base, Array) or key_of(self.key) not in base.d:
            return False
        self.base.set(base.without(key_of(self.key)))
        return True


class AppendRef(Ref):
    def __init__(self, base):
        self.base = base

    def get(self):
        return None

    read = get

    def set(self, value):
        base = self.base.get()
        if isinstance(base, (Object, Func, Class, Regex, Error)):
            raise Unspecified("append")
        if not isinstance(base, Array):
            base = Array()
        self.base.set(base.with_(base.next(), value))


class SliceRef(Ref):
    def __init__(self, base, bounds):
        self.base, self.bounds = base, bounds

    def get(self):
        return sliced(self.base.get(), self.bounds)

    read = get

    def set(self, value):
        base = self.base.get()
        if not isinstance(base, Array) or self.bounds.step not in (None, 1):
            raise Unspecified("assignment to a slice")
        items = base.values()
        first, last, _ = self.bounds.indices(len(items))
        items[first:max(first, last)] = \
            value.values() if isinstance(value, Array) else [value]
        self.base.set(listed(items))

    def unset(self):
        base = self.base.get()
        if not isinstance(base, Array):
            raise Unspecified("unset of a slice")
        items = base.values()
        del items[self.bounds]
        self.base.set(listed(items))
        raise Unspecified("value of unset of a slice") \
            if self.bounds.step not in (None, 1) else Removed()


class Removed(Exception):
    """A slice is gone; what unset returns is not said."""
