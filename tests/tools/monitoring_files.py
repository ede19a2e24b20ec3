"""The alert rules and the dashboard of packaging/monitoring, as the tests read them."""

import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / 'packaging' / 'monitoring'
ALERTS = FOLDER / 'alerts.yml'
DASHBOARD = FOLDER / 'dashboard.json'

# Words of expressions that are no metrics.
LANGUAGE = {'by', 'on', 'group_right', 'max', 'sum', 'count', 'rate', 'increase',
            'histogram_quantile'}
# What Prometheus itself has and puts on everything that it scrapes.
OF_PROMETHEUS = {'up'}
LABELS_OF_PROMETHEUS = {'job', 'instance'}


def rules():
    """The alerts, each as the file has it."""
    groups = yaml.safe_load(ALERTS.read_text(encoding='utf-8'))['groups']
    return [rule for group in groups for rule in group['rules']]


def panels():
    found = json.loads(DASHBOARD.read_text(encoding='utf-8'))['panels']
    return [panel for panel in found if panel['type'] != 'row']


def expressions():
    """(where, expression) of all; the dashboard's variables are filled in as Grafana does."""
    for rule in rules():
        yield rule['alert'], rule['expr']
    for panel in panels():
        for target in panel['targets']:
            yield panel['title'], (target['expr'].replace('$job', 'drydock')
                                   .replace('$__rate_interval', '1m'))


def parts(expression):
    """(metrics, {label: its value, or None}) that an expression names."""
    labels = {}
    for name, operator, value in re.findall(r'(\w+)(=~|=)"([^"]*)"', expression):
        labels[name] = value if operator == '=' else None
    rest = re.sub(r'\{[^}]*\}|\[[^]]*\]', '', expression)
    for names in re.findall(r'\b(?:by|on) \(([^)]*)\)', rest):
        labels |= {name.strip(): None for name in names.split(',')}
    rest = re.sub(r'\b(?:by|on) \([^)]*\)', '', rest)
    return set(re.findall(r'[a-zA-Z_]\w*', rest)) - LANGUAGE, labels
