"""Figures for a monitoring system: measured cheaply in every process, added up in the database, served by one."""
