"""The portal: parameters in, a request out. Names are those of geni-lib, and are not ours to choose.

As there, the environment tells where the parameters come from (GENILIB_PORTAL_PARAMS_PATH, a JSON
file) and where the request goes (GENILIB_PORTAL_REQUEST_PATH); bad ones end the program with 100 and
their number, and are told on standard error.
"""
# pylint: disable=invalid-name

import json
import os
import sys
import types
import xml.etree.ElementTree as ET

from .rspec import pg

TOUR = 'http://www.protogeni.net/resources/rspec/ext/apt-tour/1'


class ParameterType:
    """How a value is read."""

    INTEGER, STRING, BOOLEAN, NODETYPE, IMAGE = 'integer', 'string', 'boolean', 'nodetype', 'image'
    readers = {INTEGER: int, STRING: str, NODETYPE: str, IMAGE: str,
               BOOLEAN: lambda value: value not in (False, 'False', 'false', '')}


class ParameterError(Exception):
    """What is wrong, and with which parameters."""

    def __init__(self, message, paramList=None):
        super().__init__(message)
        self.message = message
        self.params = paramList or []


class Context:
    """Of one profile."""

    def __init__(self):
        self.parameters = {}
        self.errors = []
        self.request = None

    def defineParameter(self, name, description, typ, defaultValue, legalValues=None,
                        longDescription=None, advanced=False):
        if not (name and description and longDescription) or advanced not in (True, False):
            raise ValueError(f'the page would not explain {name}')
        legal = [value[0] if isinstance(value, tuple) else value for value in legalValues or []]
        if legal and defaultValue not in legal:
            raise ValueError(f'the default of {name} is not legal')
        self.parameters[name] = (typ, defaultValue, legal)

    def bindParameters(self):
        with open(os.environ['GENILIB_PORTAL_PARAMS_PATH'], encoding='utf-8') as file:
            given = {name: one['value'] for name, one in json.load(file)['bindings'].items()}
        bound = types.SimpleNamespace()
        for name, (typ, default, legal) in self.parameters.items():
            try:
                value = ParameterType.readers[typ](given.get(name, default))
            except ValueError:
                self.reportError(ParameterError(f'Could not parse {name}', [name]))
                continue
            if legal and value not in legal:
                self.reportError(ParameterError(f'Illegal value for {name}: {value}', [name]))
            setattr(bound, name, value)
        self.verifyParameters()
        return bound

    def reportError(self, parameterError):
        self.errors.append(parameterError)

    def verifyParameters(self):
        if self.errors:
            json.dump([{'message': error.message, 'params': error.params}
                       for error in self.errors], sys.stderr)
            sys.exit(100 + len(self.errors))

    def makeRequestRSpec(self):
        self.request = pg.Request()
        return self.request

    def printRequestRSpec(self, request):
        self.verifyParameters()
        description, _, instructions = sys.modules['__main__'].__doc__.partition('Instructions:\n')
        tour = ET.SubElement(request.root, f'{{{TOUR}}}rspec_tour')
        ET.SubElement(tour, f'{{{TOUR}}}description', type='markdown').text = description
        ET.SubElement(tour, f'{{{TOUR}}}instructions', type='markdown').text = instructions
        request.writeXML(os.environ['GENILIB_PORTAL_REQUEST_PATH'])
