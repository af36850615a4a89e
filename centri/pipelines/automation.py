"""Whether what runs by itself is on: as the settings say, unless somebody switched it in the UI."""

import dagster as dg

from centri.settings import Settings


def sensors_are(settings: Settings) -> dg.DefaultSensorStatus:
    """On, unless told otherwise: whoever does not know that something must be switched on would never hear that it is off."""
    return dg.DefaultSensorStatus.RUNNING if settings.automation else dg.DefaultSensorStatus.STOPPED


def schedules_are(settings: Settings) -> dg.DefaultScheduleStatus:
    return dg.DefaultScheduleStatus.RUNNING if settings.automation else dg.DefaultScheduleStatus.STOPPED
