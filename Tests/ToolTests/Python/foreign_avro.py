"""Writes and reads Avro container files with fastavro, for the tests.

    foreign_avro.py TASKS

TASKS is a file with a JSON list. {"write": PATH, "schema", "records", "codec", "interval"} writes
records, {"read": PATH, "into": PATH} writes what is in a file as JSON, a line each: first codec,
schema and how many records each block has, then the records. {"$bytes": HEX} stands for bytes,
{"$decimal": TEXT} for a decimal, {"$branch": [NAME, VALUE]} for a union's value.
"""

import datetime
import decimal
import json
import sys
import uuid

import fastavro

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def given(value):
    """A value of a task as fastavro takes it."""
    if isinstance(value, list):
        return [given(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" in value:
        return bytes.fromhex(value["$bytes"])
    if "$decimal" in value:
        return decimal.Decimal(value["$decimal"])
    if "$branch" in value:
        name, inside = value["$branch"]
        return (name, given(inside))
    return {key: given(item) for key, item in value.items()}


def shown(value):
    """A value of fastavro as JSON; of a union of records an object with its branch."""
    if isinstance(value, tuple):
        return {value[0]: shown(value[1])}
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, decimal.Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime.datetime):
        zone = EPOCH.tzinfo if value.tzinfo else None
        return (value - EPOCH.replace(tzinfo=zone)) // datetime.timedelta(milliseconds=1)
    if isinstance(value, (datetime.date, datetime.time, uuid.UUID)):
        return str(value)
    return value


def write(task):
    with open(task["write"], "wb") as file:
        fastavro.writer(
            file, task["schema"], (given(record) for record in task["records"]),
            codec=task.get("codec", "null"), sync_interval=task.get("interval", 16000))


def read(task):
    with open(task["read"], "rb") as file:
        blocks = [block.num_records for block in fastavro.block_reader(file)]
    with open(task["read"], "rb") as file, open(task["into"], "w", encoding="utf-8") as into:
        reader = fastavro.reader(file, return_record_name=True)
        head = {"codec": reader.codec, "schema": reader.writer_schema, "blocks": blocks}
        print(json.dumps(head), file=into)
        for record in reader:
            print(json.dumps(shown(record)), file=into)


with open(sys.argv[1], encoding="utf-8") as tasks:
    for one in json.load(tasks):
        if "write" in one:
            write(one)
        else:
            read(one)
